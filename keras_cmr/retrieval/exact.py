"""Exact search: the reference implementation every engine is held to."""

import numpy as np

# The score matrix is made in blocks of at most this many numbers (64 MiB).
_QUERIES_PER_BLOCK = 256
_SCORES_PER_BLOCK = 1 << 24


def search(vectors, queries, k, exclusion, first_row=0, allowed=None):
    """Finds the `k` best rows for each query by scoring all of them.

    Scores are inner products, so cosines where rows have unit length. The
    order is score descending, then row ascending: equal scores always come
    back in the same order. Memory is bounded by one block of scores, however
    long `vectors` is; it may be memory-mapped.

    Args:
        vectors: Float32 array of shape `(rows, dim)`.
        queries: Float32 array of shape `(n, dim)`.
        k: Int. Results per query.
        exclusion: `Exclusion` for these queries, in gallery row numbers.
        first_row: Int. The gallery row number of `vectors[0]`.
        allowed: Bool array of shape `(rows,)`, the candidates among
            `vectors`; `None` for all of them.

    Returns:
        Rows, int64 of shape `(n, min(k, rows))`, and their scores, float32.
        Where exclusion leaves fewer candidates than columns, the last
        columns have score -inf and mean nothing.
    """
    k = min(k, len(vectors))
    indices = np.empty((len(queries), k), np.int64)
    scores = np.empty((len(queries), k), np.float32)
    for start in range(0, len(queries), _QUERIES_PER_BLOCK):
        part = slice(start, min(start + _QUERIES_PER_BLOCK, len(queries)))
        indices[part], scores[part] = _search_part(
            vectors,
            queries[part],
            k,
            exclusion,
            part.start,
            first_row,
            allowed,
        )
    return indices, scores


def merge(indices, scores, k):
    """Keeps the `k` best of candidates found in several places.

    Args:
        indices: List of int64 arrays of shape `(n, any)`.
        scores: List of float32 arrays of the same shapes.
        k: Int.

    Returns:
        Indices and scores of shape `(n, min(k, candidates))`, ordered by
        score descending, then index ascending.
    """
    indices = np.concatenate(indices, axis=1)
    scores = np.concatenate(scores, axis=1)
    order = np.lexsort((indices, -scores), axis=1)[:, :k]
    return (
        np.take_along_axis(indices, order, axis=1),
        np.take_along_axis(scores, order, axis=1),
    )


def _search_part(
    vectors, queries, k, exclusion, first_query, first_row, allowed
):
    best = np.empty((len(queries), 0), np.int64)
    best_scores = np.empty((len(queries), 0), np.float32)
    query_range = slice(first_query, first_query + len(queries))
    step = max(1, _SCORES_PER_BLOCK // len(queries))
    for start in range(0, len(vectors), step):
        block = vectors[start : start + step]
        scores = queries @ block.T
        offset = first_row + start
        if allowed is not None:
            scores[:, ~allowed[start : start + step]] = -np.inf
        scores[
            exclusion.part(query_range, slice(offset, offset + len(block)))
        ] = -np.inf
        columns = _top(scores, min(k, len(block)))
        found = np.take_along_axis(scores, columns, axis=1)
        best, best_scores = merge(
            [best, columns + offset], [best_scores, found], k
        )
    return best, best_scores


def _top(scores, k):
    """Columns of the `k` largest scores, the smaller column at a tie."""
    if k == scores.shape[1]:
        return np.broadcast_to(np.arange(k), scores.shape)
    columns = np.argpartition(scores, -k, axis=1)[:, -k:]
    kth = np.take_along_axis(scores, columns, axis=1).min(axis=1)
    # `argpartition` takes any of the rows that tie at the k-th place.
    crowded = np.count_nonzero(scores >= kth[:, None], axis=1) > k
    for row in np.flatnonzero(crowded):
        above = np.flatnonzero(scores[row] > kth[row])
        level = np.flatnonzero(scores[row] == kth[row])
        columns[row] = np.concatenate([above, level[: k - len(above)]])
    return columns
