"""FAISS's engines: `pip install faiss-cpu`, imported when used."""

import numpy as np

from benchmarks.gallery_engine import PART
from benchmarks.gallery_engine import Engine

TRAINING_ROWS = 100_000


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
