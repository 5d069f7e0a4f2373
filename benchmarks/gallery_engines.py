"""The engines that galleries are compared with, behind one small interface.

An engine is built in one process and opened and searched in another. Row
numbers stand for ids. FAISS keeps no ids, paths or metadata, and its `add`
changes memory only; the gallery's is on disk when it returns.
"""

import numpy as np

from benchmarks import gallery_data

# Rows handed over at a time.
PART = 100_000
TRAINING_ROWS = 100_000


class Engine:
    """What the worker needs of an engine.

    Args:
        data: `gallery_data.Data`.
        folder: Path of the engine's own files.
        exact_below: Int. See `Gallery.create`.
    """

    def __init__(self, data, folder, exact_below=20_000):
        self.data, self.folder = data, folder
        self.exact_below = exact_below

    def load(self):
        """Imports the libraries, which is not part of opening."""

    def build(self):
        """Makes the files in the empty folder."""
        raise NotImplementedError

    def open(self):
        """Makes ready to search; a dict that describes what was opened."""
        raise NotImplementedError

    def settings(self):
        """Dicts of arguments for `search`, the cheapest first."""
        raise NotImplementedError

    def search(self, queries, k, **setting):
        """Rows, int64 of shape `(n, k)`, -1 for none."""
        raise NotImplementedError

    def add(self, vectors, number):
        """Adds rows, the `number`th lot of them."""
        raise NotImplementedError

    def remove(self, count, number):
        """Removes the `number`th lot of `count` rows."""
        raise NotImplementedError


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


class Faiss(Engine):
    """An index of FAISS, kept in one file and read into memory."""

    def load(self):
        import faiss  # noqa: F401

    def build(self):
        import faiss

        vectors = self.data.vectors
        index = self.made()
        random = np.random.default_rng(0)
        count = min(TRAINING_ROWS, len(vectors))
        chosen = random.choice(len(vectors), count, replace=False)
        if not index.is_trained:
            index.train(vectors[np.sort(chosen)])
        for start in range(0, len(vectors), PART):
            index.add(np.ascontiguousarray(vectors[start : start + PART]))
        faiss.write_index(index, str(self.folder / "index.faiss"))

    def open(self):
        import faiss

        self.index = faiss.read_index(str(self.folder / "index.faiss"))
        return {"faiss": faiss.__version__, "index": self.description}

    def search(self, queries, k, **setting):
        return self.index.search(queries, k, params=self.parameters(**setting))[
            1
        ]

    def add(self, vectors, number):
        self.index.add(vectors)


class FaissIvf(Faiss):
    """Inverted lists, 4-bit product codes scanned in registers, re-ordered."""

    @property
    def num_lists(self):
        return round(2 * len(self.data.vectors) ** 0.5)

    @property
    def description(self):
        half = self.data.vectors.shape[1] // 2
        return f"IVF{self.num_lists},PQ{half}x4fs,RFlat"

    def made(self):
        import faiss

        return faiss.index_factory(
            self.data.vectors.shape[1],
            self.description,
            faiss.METRIC_INNER_PRODUCT,
        )

    def settings(self):
        most = self.num_lists
        probes = sorted(
            {max(1, round(most * 1.6**-power)) for power in range(1, 14)}
        )
        return [
            {"nprobe": nprobe, "k_factor": factor}
            for factor in (5, 20)
            for nprobe in probes
        ]

    def parameters(self, nprobe, k_factor):
        import faiss

        return faiss.IndexRefineSearchParameters(
            k_factor=k_factor,
            base_index_params=faiss.SearchParametersIVF(nprobe=nprobe),
        )


class FaissHnsw(Faiss):
    """A navigable small-world graph of 24 links over float32 vectors."""

    links, construction = 24, 80

    @property
    def description(self):
        return f"HNSW{self.links},Flat efConstruction={self.construction}"

    def made(self):
        import faiss

        index = faiss.IndexHNSWFlat(
            self.data.vectors.shape[1],
            self.links,
            faiss.METRIC_INNER_PRODUCT,
        )
        index.hnsw.efConstruction = self.construction
        return index

    def settings(self):
        return [
            {"efSearch": width} for width in (10, 20, 40, 80, 160, 320, 640)
        ]

    def parameters(self, **setting):
        import faiss

        return faiss.SearchParametersHNSW(**setting)


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
