"""How far to search Milvus's index, measured on the gallery itself."""

import math

import numpy as np

from keras_cmr.retrieval.milvus import schema

_KS = (10, 100)
_QUERIES = 200
_DEPTHS = (1, 4, 16)
# Equal up to float32 rounding of an inner product of unit rows.
_TIE = 1e-6


def calibrate(searcher, vectors, count, recall_target, queries=None):
    """Finds what reaches a recall target at least cost.

    What is measured is recall@10, and recall@100 for longer lists, against
    an exhaustive search of the same server. Candidates that tie with the
    last place count as found.

    Args:
        searcher: `Searcher`.
        vectors: Float32 array of shape `(n, dim)`, a sample of the gallery.
        count: Int, rows in the gallery.
        recall_target: Float in (0, 1].
        queries: Float32 array of shape `(n, dim)`, unit rows, or `None` for
            `vectors` with noise of their own length, since composed queries
            lie off the gallery's own vectors.

    Returns:
        Dict: `recall_target`, `reached` (bool), `rows`, `num_queries`, and
        `results`, one dict per list length with `k`, `nprobe`, `reorder_k`,
        `recall` and the measured `curve`, a list of
        `[nprobe, reorder_k, recall]`.
    """
    if queries is None:
        queries = _noisy(vectors)
    queries = queries[:_QUERIES]
    results = [
        _reach(searcher, queries, min(k, count), count, recall_target)
        for k in _KS
    ]
    return {
        "recall_target": recall_target,
        "reached": all(r["recall"] >= recall_target for r in results),
        "rows": count,
        "num_queries": len(queries),
        "results": results,
    }


def parameters(calibration, limit, count, share):
    """Search parameters for lists of `limit`.

    Args:
        calibration: Dict of `calibrate`, or `None` until it has been made.
        count: Int, rows in the gallery.
        limit: Int. More is searched in proportion for lists longer than
            were measured.
        share: Float, how much of the gallery a condition holds for. The
            fewer rows count in each list, the more lists are searched.
    """
    if calibration is None:
        return widest(count)
    results = calibration["results"]
    result = next((r for r in results if limit <= r["k"]), results[-1])
    longer = max(1, math.ceil(limit / result["k"]))
    lists = math.ceil(result["nprobe"] * longer / share)
    return {
        "nprobe": min(lists, schema.NUM_LISTS),
        "reorder_k": result["reorder_k"] * longer,
    }


def widest(count):
    """Search parameters with which the index is exact.

    Every list is searched and every row in it scored by its vector.
    """
    return {"nprobe": schema.NUM_LISTS, "reorder_k": count}


def sample_size(count):
    """How many rows to sample."""
    return min(_QUERIES, count)


def _reach(searcher, queries, k, count, recall_target):
    best = _scores(searcher, queries, k, widest(count))
    curve = []

    def measure(nprobe, depth):
        asked = {"nprobe": nprobe, "reorder_k": depth}
        scores = _scores(searcher, queries, k, asked)
        found = np.count_nonzero(scores >= best[:, -1:] - _TIE)
        curve.append([nprobe, depth, round(found / best.size, 4)])
        return found / best.size

    # Half of the misses are left to the lists; see `calibration.calibrate`.
    for factor in _DEPTHS:
        depth = factor * max(100, 4 * k)
        if measure(schema.NUM_LISTS, depth) >= (1 + recall_target) / 2:
            break
    nprobe = 1
    while (recall := measure(nprobe, depth)) < recall_target:
        if nprobe == schema.NUM_LISTS:
            break
        nprobe = min(math.ceil(nprobe * 1.5), schema.NUM_LISTS)
    return {
        "k": k,
        "nprobe": nprobe,
        "reorder_k": depth,
        "recall": recall,
        "curve": curve,
    }


def _scores(searcher, queries, k, asked):
    """Scores of shape `(n, k)`, the best first, -inf where none was found."""
    scores = np.full((len(queries), k), -np.inf)
    found = searcher.ask(queries, k, None, asked)
    for line, rows in zip(scores, found, strict=True):
        got = sorted((row["score"] for row in rows), reverse=True)
        line[: len(got)] = got
    return scores


def _noisy(vectors):
    noise = np.random.default_rng(0).normal(size=vectors.shape)
    moved = vectors + noise / np.linalg.norm(noise, axis=1, keepdims=True)
    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
    return moved.astype(np.float32)
