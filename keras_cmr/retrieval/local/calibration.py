"""How much of an index to search, measured on the gallery itself."""

import numpy as np

from keras_cmr.retrieval.local.index import Setting
from keras_cmr.retrieval.scann import num_leaves_for

# A filter that leaves a tenth of the rows needs about 270 for ten hits.
_KS = (10, 100, 300, 1000)
# Long lists take long to measure and vary less from query to query.
_QUERIES = {10: 400, 100: 400, 300: 200, 1000: 100}
_DEPTHS = (2, 4, 8, 16)
# Equal up to float32 rounding of an inner product of unit rows.
_TIE = 1e-6


def calibrate(index, search_exactly, queries, recall_target):
    """Sets `index.settings` to reach a recall target.

    Real embeddings need many more leaves than well separated ones, so no
    fixed number is right. What is calibrated is recall@10, @100, @300 and
    @1000 of the queries against exact search; longer lists are searched
    exactly. Candidates that tie with the last place count as found.

    Args:
        index: `Index` over all rows.
        search_exactly: Callable from queries and `k` to rows and scores.
        queries: Float32 unit rows of shape `(n, dim)`, `n` at least 1.
        recall_target: Float in (0, 1].

    Returns:
        Dict for the manifest: `recall_target`, `reached` (bool),
        `num_leaves`, `num_queries`, and `results`, one dict per list length
        with `k`, `leaves`, `depth`, `recall` and the measured `curve`, a
        list of `[leaves, depth, recall]`.
    """
    num_rows = len(index.rows)
    ks = [k for k in _KS if k < num_rows]
    queries = queries[: max(_QUERIES.values())]
    _, best = search_exactly(queries, ks[-1])
    results = [
        _reach(
            index,
            queries[: _QUERIES[k]],
            k,
            best[: _QUERIES[k], k - 1 : k],
            recall_target,
        )
        for k in ks
    ]
    index.settings = [Setting(r["k"], r["leaves"], r["depth"]) for r in results]
    return {
        "recall_target": recall_target,
        "reached": all(r["recall"] >= recall_target for r in results),
        "num_leaves": num_leaves_for(num_rows),
        "num_queries": len(queries),
        "results": results,
    }


def _reach(index, queries, k, kth_best, recall_target):
    num_rows = len(index.rows)
    num_leaves = num_leaves_for(num_rows)
    curve = []

    def measure(leaves, depth):
        _, scores = index.search(queries, k, Setting(k, leaves, depth))
        found = int(np.count_nonzero(scores >= kth_best - _TIE))
        # More may tie with the last place than there are places.
        recall = min(1.0, found / (k * len(queries)))
        curve.append([leaves, depth, round(recall, 4)])
        return recall

    # With a depth that barely reaches the target when every leaf is
    # searched, nearly every leaf would have to be: leave half of the misses
    # to the leaves.
    for factor in _DEPTHS:
        depth = min(max(50, factor * k), num_rows)
        if measure(num_leaves, depth) >= (1 + recall_target) / 2:
            break
    for leaves in _grid(num_leaves):
        recall = measure(leaves, depth)
        if recall >= recall_target:
            break
    return {
        **Setting(k, leaves, depth)._asdict(),
        "recall": recall,
        "curve": curve,
    }


def sample_queries(blocks, rows, seed=0):
    """Gallery vectors, each moved by a random vector of its own length.

    Composed queries lie off the gallery's own vectors, and so do these; the
    cosine to the original is about 0.71.

    Args:
        blocks: `Blocks` of the gallery.
        rows: Int64 array. The rows to draw from.
        seed: Int. Chooses the sample and the noise.

    Returns:
        Float32 unit rows of shape `(at most 400, dim)`.
    """
    rng = np.random.default_rng(seed)
    rows = rng.choice(rows, min(max(_QUERIES.values()), len(rows)), False)
    noise = rng.normal(size=(len(rows), blocks.dim))
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    moved = blocks.take(rows) + noise
    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
    return moved.astype(np.float32)


def _grid(num_leaves):
    """From one leaf in a hundred to all, in steps of about a third."""
    leaves = max(1, num_leaves // 100)
    while leaves < num_leaves:
        yield leaves
        leaves = max(leaves + 1, round(leaves * 1.3))
    yield num_leaves
