"""The ScaNN index over the rows of one moment, and how far to search it."""

from typing import NamedTuple

import numpy as np

from keras_cmr.retrieval.scann import ScannIndex

# Vectors read at a time when candidates are ordered (64 MiB of 512 numbers).
_ROWS_READ = 1 << 15


class Setting(NamedTuple):
    """How much to search for up to `k` results."""

    k: int
    leaves: int
    depth: int


class Index:
    """Finds rows among those that were there when it was built.

    ScaNN proposes `depth` candidates from `leaves` leaves; they are ordered
    by their float32 vectors.

    Args:
        scann: `ScannIndex`.
        rows: Int64 array. The gallery row of each row of the index, -1
            where that was removed.
        blocks: `Blocks` of the gallery.
        settings: List of `Setting`, by ascending `k`.
    """

    def __init__(self, scann, rows, blocks, settings=()):
        self._scann = scann
        self._rows = rows
        self._blocks = blocks
        self.settings = list(settings)

    @classmethod
    def build(cls, vectors, rows, blocks, reorder):
        """Trains on `vectors`, which are those of `rows`."""
        return cls(ScannIndex.build(vectors, reorder), rows, blocks)

    @property
    def rows(self):
        """The gallery rows in the index, an int64 array, -1 for removed."""
        return self._rows

    def save(self, folder):
        """Writes ScaNN's files into a new folder."""
        self._scann.save(folder)

    @property
    def longest(self):
        """The longest list it was calibrated for."""
        return self.settings[-1].k

    def setting(self, k):
        """The calibrated `Setting` that covers `k`."""
        return next(s for s in self.settings if s.k >= k)

    def search(self, queries, k, setting=None):
        """Finds about the `k` best rows.

        Args:
            queries: Float32 unit rows of shape `(n, dim)`, `n` at least 1.
            k: Int, at most `longest`.
            setting: `Setting`, or `None` for the calibrated one.

        Returns:
            Rows, int64 of shape `(n, k)`, the best first, equal scores by
            row, and cosines; -inf where there is none.
        """
        setting = setting or self.setting(k)
        step = max(1, _ROWS_READ // setting.depth)
        parts = [
            self._search_part(queries[start : start + step], k, setting)
            for start in range(0, len(queries), step)
        ]
        rows, scores = zip(*parts, strict=True)
        return np.concatenate(rows), np.concatenate(scores)

    def _search_part(self, queries, k, setting):
        places = self._scann.candidates(
            queries, k, setting.leaves, setting.depth
        )
        rows = np.where(places < 0, -1, self._rows[places])
        vectors = self._blocks.take(np.maximum(rows, 0))
        scores = np.matmul(vectors, queries[:, :, None])[..., 0]
        scores[rows < 0] = -np.inf
        order = np.lexsort((rows, -scores), axis=1)[:, :k]
        return (
            np.take_along_axis(rows, order, axis=1),
            np.take_along_axis(scores, order, axis=1),
        )
