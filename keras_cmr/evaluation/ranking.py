"""Exact ranks of the wanted content over a whole gallery, without sorting."""

import numpy as np
from numpy.typing import ArrayLike

from keras_cmr.evaluation.scores import Scores
from keras_cmr.evaluation.scores import check_indices
from keras_cmr.evaluation.scores import check_integers


def first_hit_ranks(
    queries: ArrayLike,
    candidates: ArrayLike,
    target_labels: ArrayLike,
    candidate_labels: ArrayLike,
    excluded: ArrayLike | None = None,
    chunk_size: int | None = None,
    verbose: int = 0,
) -> np.ndarray:
    """Rank of the best correct candidate of each query, counted exactly.

    A candidate is correct if its label equals the query's target label. The
    score is the inner product (cosine, if the rows are unit vectors). The rank
    is one plus the number of wrong, non-excluded candidates whose score is at
    least that of the best correct one: **ties count against the model**.
    Counted the other way, an encoder that maps everything to one vector would
    score 100 %.

    Scores are float32, and equal candidate rows have equal scores. Rows that
    differ in any bit, even by rounding only, are different candidates: a pair
    of scores closer than about 1e-6 may change order between BLAS libraries,
    thread counts or chunk sizes.

    Args:
        queries: Float array of shape `(num_queries, dim)`.
        candidates: Float array of shape `(num_candidates, dim)`.
        target_labels: Int array of shape `(num_queries,)`. Wanted label.
        candidate_labels: Int array of shape `(num_candidates,)`.
        excluded: Int array of shape `(num_queries,)` or `None`. Index of the
            one candidate that is removed for this query, whatever its label.
            `None` removes nothing. Defaults to `None`.
        chunk_size: int or `None`. Queries scored at once. `None` takes as many
            as keep the scores at 128 MiB. Defaults to `None`.
        verbose: `0` or `1`. Whether to show a progress bar. Defaults to `0`.

    Returns:
        int32 array of shape `(num_queries,)`: ranks from 1; 0 where no correct
        candidate is left after the exclusion.

    Example:

    ```python
    import numpy as np
    from keras_cmr.evaluation import first_hit_ranks

    gallery = np.eye(3, dtype="float32")
    query = np.array([[0.9, 0.8, 0.1]], dtype="float32")
    first_hit_ranks(query, gallery, [1], [0, 1, 2])                 # [2]
    first_hit_ranks(query, gallery, [1], [0, 1, 2], excluded=[0])   # [1]
    ```
    """
    scores = Scores(queries, candidates)
    num_queries, num_candidates = scores.num_queries, scores.num_candidates
    target_labels = check_integers("target_labels", target_labels, num_queries)
    candidate_labels = check_integers(
        "candidate_labels", candidate_labels, num_candidates
    )
    if excluded is not None:
        excluded = check_integers("excluded", excluded, num_queries)
        check_indices("excluded", excluded, num_candidates)

    column = scores.column
    order = np.argsort(candidate_labels, kind="stable")
    grouped = candidate_labels[order]
    starts = np.searchsorted(grouped, target_labels, side="left")
    stops = np.searchsorted(grouped, target_labels, side="right")
    ranks = np.zeros(num_queries, dtype=np.int32)
    for query, row in scores(chunk_size, verbose):
        correct = order[starts[query] : stops[query]]
        if excluded is not None:
            correct = correct[correct != excluded[query]]
        if not correct.size:
            continue
        hits = row[column[correct]]
        best = hits.max()
        count = scores.count_at_least(row, best)
        count -= np.count_nonzero(hits == best)
        if excluded is not None:
            count -= row[column[excluded[query]]] >= best
        ranks[query] = 1 + count
    return ranks
