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
    searched = np.ones(len(candidates), bool)
    if gallery is not None:
        searched = np.isin(np.arange(len(candidates)), gallery)
    hits = np.full((scores.num_queries, k), -1, "int32")
    values = np.zeros((scores.num_queries, k), "float32")
    for query, row in scores(verbose=verbose):
        valid = searched
        if subsets is not None:
            members = np.isin(np.arange(len(candidates)), subsets[query])
            valid = searched & members
        own = np.where(valid, row[scores.column], -np.inf)
        if excluded is not None:
            own[excluded[query]] = -np.inf
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
