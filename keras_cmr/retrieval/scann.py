"""The ScaNN engine: the only module that imports scann."""

import functools
import importlib.util
import math
import sys
import types
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_cmr.retrieval import exact

# Below this ScaNN cannot train its 16-word code books sensibly.
MINIMUM_ROWS = 256
_TRAINING_ROWS = 100_000
_QUERIES_PER_CALL = 1024


class ScannUnavailable(ImportError):
    """ScaNN cannot be used on this machine; the message says why."""


@functools.cache
def load_scann():
    """Imports ScaNN's NumPy interface.

    The package's `__init__` would import TensorFlow, which the NumPy
    interface does not use; a bare stand-in for it spares that, and works
    beside any TensorFlow version.

    Returns:
        The module `scann.scann_ops.py.scann_ops_pybind`.
    """
    _check_machine()
    spec = importlib.util.find_spec("scann")
    if spec is None:
        raise ScannUnavailable(
            'ScaNN is not installed: run `pip install "keras-cmr[scann]"`'
        )
    if "scann" in sys.modules:
        from scann.scann_ops.py import scann_ops_pybind

        return scann_ops_pybind
    stand_in = types.ModuleType("scann")
    stand_in.__path__ = list(spec.submodule_search_locations)
    sys.modules["scann"] = stand_in
    try:
        from scann.scann_ops.py import scann_ops_pybind
    finally:
        # A later `import scann` by anybody else must run the real one.
        del sys.modules["scann"]
    return scann_ops_pybind


def _check_machine(cpuinfo="/proc/cpuinfo"):
    # Without these instructions the import ends the process (SIGILL).
    if not sys.platform.startswith("linux"):
        raise ScannUnavailable("ScaNN runs on Linux x86-64 only")
    text = Path(cpuinfo).read_text(encoding="utf-8", errors="replace")
    flags = next(
        (line.split() for line in text.splitlines() if line[:5] == "flags"), ()
    )
    missing = [name for name in ("avx2", "fma") if name not in flags]
    if missing:
        raise ScannUnavailable(
            f"ScaNN needs a CPU with AVX2 and FMA; missing: {missing}"
        )


class Setting(NamedTuple):
    """How much to search for up to `k` results."""

    k: int
    leaves: int
    reorder: int


class ScannIndex:
    """A tree of k-means leaves with asymmetric hashing and SOAR spilling.

    Candidates from the searched leaves are scored by hashes, the best
    `reorder` of them again by their float32 vectors. How many is chosen by
    `calibration.calibrate`, never fixed.

    Args:
        searcher: ScaNN searcher.
        num_rows: Int. Rows in it.
        settings: List of `Setting`, by ascending `k`. A search uses the
            first that covers its `k`, else the last.
    """

    def __init__(self, searcher, num_rows, settings=()):
        self._searcher = searcher
        self.num_rows = num_rows
        self.settings = list(settings)

    @classmethod
    def build(cls, vectors):
        """Trains on finite unit rows of shape `(rows, dim)`."""
        num_leaves = num_leaves_for(len(vectors))
        builder = (
            load_scann()
            .builder(vectors, 10, "dot_product")
            .tree(
                num_leaves=num_leaves,
                num_leaves_to_search=num_leaves,
                training_sample_size=_TRAINING_ROWS,
                soar_lambda=1.5,
                overretrieve_factor=2.0,
            )
            .score_ah(
                # ScaNN's fast accumulation holds at most 256 blocks.
                math.ceil(vectors.shape[1] / 256),
                anisotropic_quantization_threshold=0.2,
                training_sample_size=_TRAINING_ROWS,
            )
            .reorder(100)
        )
        return cls(builder.build(), len(vectors))

    @classmethod
    def load(cls, folder, num_rows, settings):
        """Loads what `save` wrote; check the files' checksums first."""
        # Not `load_searcher`: it would unpickle a file found in the folder.
        module = load_scann()
        assets = Path(folder, "scann_assets.pbtxt").read_text(encoding="utf-8")
        searcher = module.ScannSearcher(
            module.scann_pybind.ScannNumpy(str(folder), assets)
        )
        if searcher.size() != num_rows:
            raise ValueError(
                f"{folder} must hold an index of {num_rows} rows. "
                f"Received: {searcher.size()}"
            )
        return cls(searcher, num_rows, settings)

    def save(self, folder):
        """Writes the index into a new folder."""
        folder.mkdir()
        self._searcher.serialize(str(folder), relative_path=True)

    def search(self, queries, k, exclusion, setting=None):
        """Finds about the `k` best rows that are not excluded.

        As many more are fetched as the query excludes most.

        Args:
            queries: Float32 array of shape `(n, dim)`, finite, `n` at least 1.
            k: Int, from 1 to `num_rows`.
            exclusion: `Exclusion` for these queries.
            setting: `Setting` or `None` for the calibrated one.

        Returns:
            Rows, int64 of shape `(n, k)`, and scores. Where ScaNN found too
            few, the last columns have score -inf and mean nothing.
        """
        if setting is None:
            covering = [s for s in self.settings if s.k >= k]
            setting = covering[0] if covering else self.settings[-1]
        parts = [
            self._search_part(queries, start, k, exclusion, setting)
            for start in range(0, len(queries), _QUERIES_PER_CALL)
        ]
        indices, scores = zip(*parts, strict=True)
        return np.concatenate(indices), np.concatenate(scores)

    def _search_part(self, queries, start, k, exclusion, setting):
        part = slice(start, min(start + _QUERIES_PER_CALL, len(queries)))
        extra = int(exclusion.counts[part].max())
        rows, scores = self._searcher.search_batched_parallel(
            queries[part],
            final_num_neighbors=min(k + extra, self.num_rows),
            pre_reorder_num_neighbors=min(
                max(setting.reorder, 4 * k) + extra, self.num_rows
            ),
            leaves_to_search=setting.leaves,
        )
        rows = rows.astype(np.int64)
        # A place that ScaNN could not fill holds id 0 and a NaN score.
        scores = np.where(np.isnan(scores), -np.inf, scores)
        queries_out, rows_out = exclusion.part(part, slice(0, self.num_rows))
        pair, column = np.nonzero(rows[queries_out] == rows_out[:, None])
        scores[queries_out[pair], column] = -np.inf
        return exact.merge([rows], [scores], k)


def num_leaves_for(rows):
    """Leaves of the tree: 1.5 times the square root of the rows."""
    return round(1.5 * math.sqrt(rows))
