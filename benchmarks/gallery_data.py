"""Vectors that galleries are measured on, held-out queries, true answers.

A set is a folder: `vectors.npy` (unit rows, opened memory-mapped),
`cells.npy` (the nearest of `CELLS` rows drawn at random, for filters that have
to do with the vectors), `queries.npy` (unit rows, none in the gallery; the
first `CALIBRATION` are for tuning) and `truth.npy` (the best exact scores of
each query, descending).

Synthetic sets have the traits of real embeddings: a common mean (all rows lie
in a cone), clusters whose sizes follow Zipf's law and whose widths differ, and
a power-law spectrum of variance both between and within clusters, under a
random rotation. A smaller set is the beginning of a larger one.

Queries look composed: a held-out row moved towards another and off the
gallery's manifold, `unit(0.7 a + 0.3 b + 0.3 noise)`.
"""

from typing import NamedTuple

import numpy as np

BLOCK = 10_000
CLUSTERS = 3_000
CELLS = 100
CALIBRATION = 400
QUERIES = 1_000
TRUTH = 10
TIE = 1e-6  # equal up to float32 rounding
# Shares of a row's expected squared length.
MEAN, BETWEEN, WITHIN = 0.2, 0.4, 0.4
DECAY_BETWEEN, DECAY_WITHIN = 1.0, 0.8


class Data(NamedTuple):
    """An opened set; see the module."""

    vectors: np.ndarray
    cells: np.ndarray
    tuning: np.ndarray
    queries: np.ndarray
    truth: np.ndarray


class Synthetic:
    """Rows of one distribution, any block of them at will."""

    def __init__(self, dim, seed=0):
        self.dim, self.seed = dim, seed
        random = np.random.default_rng([seed, 0])
        normal = random.standard_normal((dim, dim))
        self.rotation = np.linalg.qr(normal)[0].astype(np.float32)
        self.mean = np.zeros(dim, np.float32)
        self.mean[0] = np.sqrt(MEAN)
        self.centres = random.standard_normal((CLUSTERS, dim), np.float32)
        self.centres *= deviations(dim, DECAY_BETWEEN, BETWEEN)
        self.within = deviations(dim, DECAY_WITHIN, WITHIN)
        self.widths = random.uniform(0.5, 1.5, CLUSTERS).astype(np.float32)
        shares = 1 / np.arange(1, CLUSTERS + 1)
        self.shares = shares / shares.sum()

    def block(self, part, number):
        """`BLOCK` rows; `part` is 1 for the gallery, 2 for held-out ones."""
        random = np.random.default_rng([self.seed, part, number])
        clusters = random.choice(CLUSTERS, BLOCK, p=self.shares)
        rows = random.standard_normal((BLOCK, self.dim), np.float32)
        rows *= self.within
        rows *= self.widths[clusters, None]
        rows += self.centres[clusters]
        rows += self.mean
        return unit(rows @ self.rotation)


def deviations(dim, decay, share):
    variances = np.arange(1, dim + 1) ** -float(decay)
    return np.sqrt(share * variances / variances.sum()).astype(np.float32)


def write_synthetic(folder, rows, dim, seed=0, queries=QUERIES):
    """Makes the set of a synthetic gallery of `rows` rows."""
    source = Synthetic(dim, seed)
    folder.mkdir(parents=True, exist_ok=True)
    vectors = np.lib.format.open_memmap(
        folder / "vectors.npy", "w+", np.float32, (rows, dim)
    )
    for start in range(0, rows, BLOCK):
        part = vectors[start : start + BLOCK]
        part[:] = source.block(1, start // BLOCK)[: len(part)]
    finish(folder, vectors, source.block(2, 0), seed, queries)


def finish(folder, vectors, held_out, seed=0, queries=QUERIES):
    """Writes what follows from the rows; `truth.npy` is the last file."""
    queries = composed(held_out, CALIBRATION + queries, seed)
    np.save(folder / "cells.npy", cells(vectors, seed))
    np.save(folder / "queries.npy", queries)
    partial = folder / "truth.partial.npy"
    np.save(partial, best_scores(vectors, queries, TRUTH))
    partial.rename(folder / "truth.npy")


def composed(rows, count, seed=0):
    """Queries made of pairs of held-out rows."""
    random = np.random.default_rng([seed, 3])
    first, second = (random.integers(len(rows), size=count) for _ in range(2))
    noise = unit(random.standard_normal((count, rows.shape[1]), np.float32))
    return unit(0.7 * rows[first] + 0.3 * rows[second] + 0.3 * noise)


def cells(vectors, seed=0):
    """Number of the nearest of `CELLS` rows drawn at random, for each row."""
    random = np.random.default_rng([seed, 4])
    chosen = random.choice(len(vectors), min(CELLS, len(vectors)), False)
    centres = vectors[np.sort(chosen)].T
    return np.concatenate(
        [np.argmax(part @ centres, axis=1) for _, part in blocks(vectors)]
    )


def load(folder):
    """Opens a set; its `Data`."""
    queries = np.load(folder / "queries.npy")
    truth = np.load(folder / "truth.npy")
    return Data(
        np.load(folder / "vectors.npy", mmap_mode="r"),
        np.load(folder / "cells.npy"),
        queries[:CALIBRATION],
        queries[CALIBRATION:],
        truth[CALIBRATION:],
    )


def blocks(vectors):
    """Row number of its first row and the block, from first to last."""
    for start in range(0, len(vectors), BLOCK):
        yield start, np.asarray(vectors[start : start + BLOCK])


def best_scores(vectors, queries, k):
    """The `k` best cosines of each query, descending."""
    best = np.full((len(queries), k), -np.inf, np.float32)
    for _, block in blocks(vectors):
        scores = np.concatenate([best, queries @ block.T], axis=1)
        best = np.partition(scores, -k, axis=1)[:, -k:]
    return -np.sort(-best, axis=1)


def recalls(vectors, queries, truth, found):
    """Share of the best that each query found; ties with the last count.

    Args:
        vectors, queries: Float arrays, unit rows.
        truth: Float array `(n, k)`, the best scores, descending; -inf where
            there are fewer.
        found: Int array `(n, k)` of rows, -1 for none.
    """
    shares = []
    for query, best, rows in zip(queries, truth, found, strict=True):
        rows = np.unique(rows[rows >= 0])
        scores = vectors[rows] @ query
        best = best[best > -np.inf]
        right = np.count_nonzero(scores >= best[-1] - TIE)
        shares.append(min(1.0, right / len(best)))
    return np.array(shares)


def unit(rows):
    rows = rows.astype(np.float32, copy=False)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
