"""How much of a ScaNN index to search, measured on the gallery itself."""

import numpy as np

from keras_cmr.retrieval import exact
from keras_cmr.retrieval.exclusion import Exclusion
from keras_cmr.retrieval.scann import Setting
from keras_cmr.retrieval.scann import num_leaves_for

_KS = (10, 100)
_QUERIES = 400
_DEPTHS = (1, 4, 16)
# Equal up to float32 rounding of an inner product of unit rows.
_TIE = 1e-6


def calibrate(index, vectors, recall_target, seed=0):
    """Sets `index.settings` to reach a recall target.

    Real embeddings need many more leaves than well separated ones, so no
    fixed number is right. The queries are up to 400 gallery vectors, each
    moved by a random vector of its own length and scaled back (cosine to
    the original about 0.71), since composed queries lie off the gallery's
    own vectors too. What is calibrated is recall@10, and recall@100 for
    longer lists, of such queries against exact search; true queries, and
    lists longer than 100, may do better or worse. Candidates that tie with
    the last place count as found.

    Args:
        index: `ScannIndex` over `vectors`.
        vectors: Float32 array of shape `(rows, dim)`, unit rows.
        recall_target: Float in (0, 1].
        seed: Int. Chooses the sample and the noise.

    Returns:
        Dict for the manifest: `recall_target`, `reached` (bool),
        `num_leaves`, `num_queries`, and `results`, one dict per list length
        with `k`, `leaves`, `reorder`, `recall` and the measured `curve`, a
        list of `[leaves, reorder, recall]`.
    """
    queries = sample_queries(vectors, seed)
    results = [_reach(index, vectors, queries, k, recall_target) for k in _KS]
    index.settings = [
        Setting(r["k"], r["leaves"], r["reorder"]) for r in results
    ]
    return {
        "recall_target": recall_target,
        "reached": all(r["recall"] >= recall_target for r in results),
        "num_leaves": num_leaves_for(len(vectors)),
        "num_queries": len(queries),
        "results": results,
    }


def _reach(index, vectors, queries, k, recall_target):
    nothing = Exclusion.nothing(len(queries))
    _, best = exact.search(vectors, queries, k, nothing)
    num_leaves = num_leaves_for(len(vectors))
    curve = []

    def measure(leaves, reorder):
        setting = Setting(k, leaves, reorder)
        _, scores = index.search(queries, k, nothing, setting)
        found = int(np.count_nonzero(scores >= best[:, -1:] - _TIE))
        curve.append([leaves, reorder, round(found / scores.size, 4)])
        return found / scores.size

    # With a depth that barely reaches the target when every leaf is
    # searched, nearly every leaf would have to be: leave half of the misses
    # to the leaves.
    for factor in _DEPTHS:
        reorder = min(factor * max(100, 4 * k), len(vectors))
        if measure(num_leaves, reorder) >= (1 + recall_target) / 2:
            break
    for leaves in _grid(num_leaves):
        recall = measure(leaves, reorder)
        if recall >= recall_target:
            break
    return {
        **Setting(k, leaves, reorder)._asdict(),
        "recall": recall,
        "curve": curve,
    }


def sample_queries(vectors, seed):
    """Gallery vectors with noise, as float32 unit rows."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(vectors), min(_QUERIES, len(vectors)), replace=False)
    noise = rng.normal(size=(len(rows), vectors.shape[1]))
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    # Sorted rows are read in file order from a memory-mapped array.
    moved = vectors[np.sort(rows)] + noise
    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
    return moved.astype(np.float32)


def _grid(num_leaves):
    """From one leaf in a hundred to all, in steps of about a third."""
    leaves = max(1, num_leaves // 100)
    while leaves < num_leaves:
        yield leaves
        leaves = max(leaves + 1, round(leaves * 1.3))
    yield num_leaves
