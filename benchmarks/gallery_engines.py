"""The engines that galleries are compared with, behind one small interface.

An engine is built in one process and opened and searched in another. Row
numbers stand for ids. FAISS keeps no ids, paths or metadata, and its `add`
changes memory only; the gallery's is on disk when it returns.
"""

import numpy as np

from benchmarks import gallery_data
from benchmarks.gallery_engine import PART
from benchmarks.gallery_engine import Engine
from benchmarks.gallery_faiss import FaissHnsw
from benchmarks.gallery_faiss import FaissIvf


class Ours(Engine):
    """`Gallery` with ids and metadata, calibrated on held-out queries.

    `through="gallery"` is `Gallery.search_embeddings`, everything included:
    checks, the plan, removed rows, ids, metadata. `through="index"` is the
    gallery's own ScaNN index and its ordering by float32 vectors alone.
    """

    reorder = "mapped"

    def load(self):
        import keras_cmr.retrieval.local.backend  # noqa: F401
        from keras_cmr.retrieval.scann import load_scann

        load_scann()

    def build(self):
        from keras_cmr.retrieval import Gallery

        gallery = Gallery.create(
            self.folder,
            Bring(),
            exact_below=self.exact_below,
            reorder=self.reorder,
        )
        vectors, cells = self.data.vectors, self.data.cells
        for start in range(0, len(vectors), PART):
            rows = range(start, min(start + PART, len(vectors)))
            gallery.add_embeddings(
                vectors[start : rows.stop],
                list(map(str, rows)),
                [metadata(row, cells[row]) for row in rows],
            )
        gallery.compact(queries=self.data.tuning)

    def open(self):
        from keras_cmr.retrieval import Gallery

        self.gallery = Gallery.open(self.folder, Bring())
        return self.gallery.stats()

    @property
    def index(self):
        # No public way leads to it: people give a recall target instead.
        return self.gallery._backend._state.engine.index

    def settings(self):
        if self.index is None:
            return [{"through": "gallery"}]
        from keras_cmr.retrieval.scann import num_leaves_for

        most = num_leaves_for(len(self.gallery))
        leaves = sorted(
            {max(1, round(most * 1.6**-power)) for power in range(11)}
        )
        depths = {setting.depth for setting in self.index.settings[:1]}
        curve = [
            {"through": through, "leaves": count, "depth": depth}
            for through in ("index", "gallery")
            for depth in sorted(depths | {100})
            for count in leaves
        ]
        return [{"through": "gallery"}, *curve]

    def search(self, queries, k, through="gallery", leaves=None, depth=None):
        if through == "index":
            return self.index.search(
                queries, k, self._setting(k, leaves, depth)
            )[0]
        if leaves is None:
            return self._answers(queries, k)
        calibrated = self.index.settings
        self.index.settings = [self._setting(k, leaves, depth)]
        try:
            return self._answers(queries, k)
        finally:
            self.index.settings = calibrated

    def add(self, vectors, number):
        first = len(self.data.vectors) + number * len(vectors)
        rows = range(first, first + len(vectors))
        values = [metadata(row, 0) for row in rows]
        self.gallery.add_embeddings(vectors, list(map(str, rows)), values)

    def remove(self, count, number):
        first = len(self.data.vectors) + number * count
        self.gallery.remove(list(map(str, range(first, first + count))))

    def _answers(self, queries, k):
        found = np.full((len(queries), k), -1, np.int64)
        for row, hits in enumerate(self.gallery.search_embeddings(queries, k)):
            found[row, : len(hits)] = [int(hit.id) for hit in hits]
        return found

    @staticmethod
    def _setting(k, leaves, depth):
        from keras_cmr.retrieval.local.index import Setting

        return Setting(k, leaves, depth)


class OursBfloat16(Ours):
    reorder = "bfloat16"


class OursInt8(Ours):
    reorder = "int8"


class Exact(Engine):
    """Matrix products with every row, then a partial sort; NumPy."""

    def build(self):
        pass  # the vectors' own file is all it needs

    def open(self):
        self.vectors = np.load(
            self.folder.parent / "vectors.npy", mmap_mode="r"
        )
        return {}

    def settings(self):
        return [{}]

    def search(self, queries, k):
        best = np.full((len(queries), k), -np.inf, np.float32)
        rows = np.full((len(queries), k), -1, np.int64)
        for start, block in gallery_data.blocks(self.vectors):
            scores = queries @ block.T
            # What cannot enter the list need not be sorted.
            some = np.argpartition(scores, -k, axis=1)[:, -k:]
            best = np.concatenate(
                [best, np.take_along_axis(scores, some, 1)], axis=1
            )
            rows = np.concatenate([rows, some + start], axis=1)
            order = np.argsort(-best, axis=1)[:, :k]
            best = np.take_along_axis(best, order, 1)
            rows = np.take_along_axis(rows, order, 1)
        return rows


class Bring:
    """Stands for a model whose embeddings were made elsewhere."""

    fingerprint = "benchmark"

    def embed_targets(self, images):
        raise NotImplementedError

    def embed_queries(self, images, modifications):
        raise NotImplementedError


def metadata(row, cell):
    """What filters ask for; see `gallery_filters`."""
    return {"shade": shade(row), "cell": int(cell)}


def shade(row):
    """One of 1,000 values, which has nothing to do with the vector."""
    return (row * 2_654_435_761 + 12_345) % 2**32 % 1_000


ENGINES = {
    "ours": Ours,
    "ours_bfloat16": OursBfloat16,
    "ours_int8": OursInt8,
    "faiss_ivf": FaissIvf,
    "faiss_hnsw": FaissHnsw,
    "exact": Exact,
}
