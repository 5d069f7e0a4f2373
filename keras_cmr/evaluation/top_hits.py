"""The first candidates of each query, in order."""

import numpy as np

from keras_cmr.evaluation.scores import Scores


def top_hits(
    queries,
    candidates,
    right,
    k,
    excluded=None,
    gallery=None,
    subsets=None,
    verbose=0,
):
    """The best `k` candidates of each query.

    Of equal scores the wrong candidates come first, then the earlier image,
    so that the place of the first right one is the rank that `target_ranks`
    counts.

    Args:
        queries: Float array of shape `(num_queries, dim)`.
        candidates: Float array of shape `(num_candidates, dim)`.
        right: Sequence of `num_queries` sequences of int, the indices of the
            right candidates.
        k: int. Hits wanted of each query.
        excluded, gallery, subsets: What is searched: see `target_ranks`.
        verbose: `0` or `1`. Progress bar. Defaults to `0`.

    Returns:
        Tuple of arrays `(num_queries, k)`: int32 indices of candidates, -1
        where a query has no more of them, and float32 scores.
    """
    scores = Scores(queries, candidates)
    hits = np.full((scores.num_queries, k), -1, "int32")
    values = np.zeros((scores.num_queries, k), "float32")
    for query, own in _searched(scores, excluded, gallery, subsets, verbose):
        count = min(k, np.count_nonzero(own > -np.inf))
        if not count:
            continue
        last = np.partition(own, -count)[-count]
        first = np.flatnonzero(own >= last)
        order = np.lexsort((np.isin(first, right[query]), -own[first]))
        chosen = first[order[:count]]
        hits[query, :count] = chosen
        values[query, :count] = own[chosen]
    return hits, values


def margins(
    queries,
    candidates,
    right,
    excluded=None,
    gallery=None,
    subsets=None,
    verbose=0,
):
    """How far each query's best right candidate is ahead of the best wrong.

    Args: as of `top_hits`.

    Returns:
        Float32 array `(num_queries,)`: the difference of the two scores, above
        0 where a right candidate comes first; 0 where there is no right or no
        wrong one.
    """
    scores = Scores(queries, candidates)
    found = np.zeros(scores.num_queries, "float32")
    for query, own in _searched(scores, excluded, gallery, subsets, verbose):
        best = own[list(right[query])].max(initial=-np.inf)
        own[list(right[query])] = -np.inf
        wrong = own.max()
        if np.isfinite(best) and np.isfinite(wrong):
            found[query] = best - wrong
    return found


def _searched(scores, excluded, gallery, subsets, verbose):
    """Yields `(query, scores of all candidates)`, -inf for those left out."""
    count = len(scores.column)
    everywhere = np.ones(count, bool)
    if gallery is not None:
        everywhere = np.isin(np.arange(count), gallery)
    for query, row in scores(verbose=verbose):
        valid = everywhere
        if subsets is not None:
            valid = valid & np.isin(np.arange(count), subsets[query])
        own = np.where(valid, row[scores.column], np.float32(-np.inf))
        if excluded is not None:
            own[excluded[query]] = -np.inf
        yield query, own
