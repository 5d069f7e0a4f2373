"""The rows of a gallery: those saved, with their index, and newer ones."""

import numpy as np

from keras_cmr.retrieval import exact

# A query that excludes more is answered exactly: over-fetching would cost
# the whole batch more than that.
_MOST_OVERFETCH = 100


class Vectors:
    """Saved rows followed by rows added since; searched as one.

    Args:
        saved: Float32 array of shape `(rows, dim)`, may be memory-mapped.
        index: `ScannIndex` over `saved`, or `None` for exact search.
    """

    def __init__(self, saved, index):
        self.saved = saved
        self.index = index
        self._pieces = []

    def __len__(self):
        return len(self.saved) + self.num_fresh

    @property
    def num_fresh(self):
        """Number of rows added since the save."""
        return sum(len(piece) for piece in self._pieces)

    @property
    def dim(self):
        """Width of the rows; `None` while there is none."""
        return next((b.shape[1] for b in self.blocks() if len(b)), None)

    def append(self, rows):
        """Adds float32 unit rows of the gallery's width."""
        self._pieces.append(rows)

    def blocks(self):
        """Saved and newer rows as a list of arrays, in order."""
        # One array per `append` would make each search slower.
        if len(self._pieces) > 1:
            self._pieces = [np.concatenate(self._pieces)]
        return [self.saved, *self._pieces]

    def search(self, queries, k, exclusion):
        """Finds the `k` best rows for each query.

        Args:
            queries: Float32 unit rows of shape `(n, dim)`.
            k: Int. No query may have fewer candidates.
            exclusion: `Exclusion` for these queries.

        Returns:
            Rows, int64 of shape `(n, k)`, and scores, float32.
        """
        saved, *fresh = self.blocks()
        found = []
        if len(saved):
            found.append(self._search_saved(saved, queries, k, exclusion))
        for block in fresh:
            found.append(exact.search(block, queries, k, exclusion, len(saved)))
        indices, scores = zip(*found, strict=True)
        return exact.merge(indices, scores, k)

    def _search_saved(self, saved, queries, k, exclusion):
        if self.index is None:
            return exact.search(saved, queries, k, exclusion)
        k = min(k, len(saved))
        indices = np.zeros((len(queries), k), np.int64)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        few = np.flatnonzero(exclusion.counts <= _MOST_OVERFETCH)
        if few.size:
            indices[few], scores[few] = self.index.search(
                queries[few], k, exclusion.select(few)
            )
        # ScaNN returns fewer where the searched leaves hold fewer.
        everything = slice(0, len(queries)), slice(0, len(saved))
        excluded = np.bincount(
            exclusion.part(*everything)[0], minlength=len(queries)
        )
        found = np.count_nonzero(scores > -np.inf, axis=1)
        short = np.flatnonzero(found < np.minimum(k, len(saved) - excluded))
        if short.size:
            indices[short], scores[short] = exact.search(
                saved, queries[short], k, exclusion.select(short)
            )
        return indices, scores
