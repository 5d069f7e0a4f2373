"""The ScaNN engine: the only module that imports scann."""

import functools
import importlib.util
import math
import sys
import types
from pathlib import Path

import numpy as np

# Below this ScaNN cannot train its 16-word code books sensibly.
MINIMUM_ROWS = 256
_TRAINING_ROWS = 100_000


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
            'ScaNN is not installed: run `pip install "keras-cmr[retrieval]"`'
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


class ScannIndex:
    """A tree of k-means leaves with asymmetric hashing and SOAR spilling.

    Args:
        searcher: ScaNN searcher.
        num_rows: Int. Rows in it.
        reorder: As in `Settings`.
    """

    def __init__(self, searcher, num_rows, reorder):
        self._searcher = searcher
        self.num_rows = num_rows
        self._reorder = reorder

    @classmethod
    def build(cls, vectors, reorder):
        """Trains on finite unit rows of shape `(rows, dim)`."""
        num_leaves = num_leaves_for(len(vectors))
        builder = (
            load_scann()
            .builder(vectors, 10, "dot_product")
            .tree(
                num_leaves=num_leaves,
                num_leaves_to_search=num_leaves,
                training_sample_size=_TRAINING_ROWS,
                # Leaves are found by inner product, in which long centroids
                # would win over near ones.
                spherical=True,
                soar_lambda=1.5,
                overretrieve_factor=2.0,
            )
            .score_ah(
                # ScaNN's fast accumulation holds at most 256 blocks.
                math.ceil(vectors.shape[1] / 256),
                anisotropic_quantization_threshold=0.2,
                training_sample_size=_TRAINING_ROWS,
            )
        )
        if reorder != "mapped":
            kinds = load_scann().scann_builder.ReorderType
            builder = builder.reorder(100, quantize=kinds[reorder.upper()])
        return cls(builder.build(), len(vectors), reorder)

    @classmethod
    def load(cls, folder, num_rows, reorder):
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
        return cls(searcher, num_rows, reorder)

    def save(self, folder):
        """Writes the index into a new folder."""
        folder.mkdir()
        self._searcher.serialize(str(folder), relative_path=True)

    def candidates(self, queries, k, leaves, depth):
        """Finds rows that are probably among the best.

        Args:
            queries: Float32 array of shape `(n, dim)`, finite, `n` at least 1.
            k: Int. How many of them will be wanted.
            leaves: Int. How many leaves of the tree to search.
            depth: Int. How many candidates to take by their hashes.

        Returns:
            Rows, int64 of shape `(n, any)`; -1 where ScaNN found too few.
        """
        depth = min(depth, self.num_rows)
        final = depth
        if self._reorder != "mapped":
            final = min(depth, 2 * k)
        search = self._searcher.search_batched_parallel
        if len(queries) == 1:
            search = self._searcher.search_batched
        rows, scores = search(
            queries,
            final_num_neighbors=final,
            pre_reorder_num_neighbors=depth,
            leaves_to_search=leaves,
        )
        # A place that ScaNN could not fill holds id 0 and a NaN score.
        return np.where(np.isnan(scores), -1, rows.astype(np.int64))


def num_leaves_for(rows):
    """Leaves of the tree: 1.5 times the square root of the rows."""
    return round(1.5 * math.sqrt(rows))
