"""Exact ranks of images that are named one by one."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from keras_cmr.evaluation.scores import Scores
from keras_cmr.evaluation.scores import check_indices
from keras_cmr.evaluation.scores import check_integers


def target_ranks(
    queries: ArrayLike,
    candidates: ArrayLike,
    targets: Sequence[Sequence[int]],
    excluded: ArrayLike | None = None,
    gallery: ArrayLike | None = None,
    subsets: Sequence[Sequence[int]] | None = None,
    every: bool = False,
    chunk_size: int | None = None,
    verbose: int = 0,
) -> np.ndarray:
    """Ranks of each query's right candidates, counted exactly.

    Like `first_hit_ranks`, for benchmarks that name the right images, search
    only a part of the images, or count several right ones. The `i`-th best
    right candidate has the rank `i` plus the number of wrong candidates whose
    score is at least its own: **ties count against the model**. A right
    candidate that is excluded, or not in the gallery or the subset, can't be
    found and is left out.

    Args:
        queries: Float array of shape `(num_queries, dim)`.
        candidates: Float array of shape `(num_candidates, dim)`.
        targets: Sequence of `num_queries` sequences of int, the indices of
            the right candidates.
        excluded: Int array of shape `(num_queries,)` or `None`. Index of the
            one candidate that is removed for this query.
        gallery: Int array or `None`. Indices of the candidates that are
            searched. `None` searches all. Defaults to `None`.
        subsets: Sequence of `num_queries` sequences of int, or `None`. The
            few candidates among which each query ranks. Defaults to `None`.
        every: bool. If True, the ranks of all right candidates, otherwise
            the best one's. Defaults to `False`.
        chunk_size: int or `None`. Queries scored at once. `None` takes as many
            as keep the scores at 128 MiB. Defaults to `None`.
        verbose: `0` or `1`. Whether to show a progress bar. Defaults to `0`.

    Returns:
        int32 array of shape `(num_queries,)`: ranks from 1; 0 where no right
        candidate is left. With `every`, of shape `(num_queries, most)`, each
        row growing and filled up with 0.

    Example:

    ```python
    import numpy as np
    from keras_cmr.evaluation import target_ranks

    gallery = np.eye(4, dtype="float32")
    query = np.array([[0.9, 0.8, 0.1, 0.5]], dtype="float32")
    target_ranks(query, gallery, [[1, 2]])                         # [2]
    target_ranks(query, gallery, [[1, 2]], every=True)             # [[2, 4]]
    target_ranks(query, gallery, [[1, 2]], gallery=[1, 2])         # [1]
    target_ranks(query, gallery, [[2]], subsets=[[2, 3]])          # [2]
    ```
    """
    place = np.arange(len(candidates))  # where each stands in the gallery
    total = len(place)
    if gallery is not None:
        gallery = check_integers("gallery", gallery, len(gallery))
        check_indices("gallery", gallery, total)
        gallery = np.unique(gallery)
        place = np.full(total, -1)
        place[gallery] = np.arange(len(gallery))
        candidates = np.asarray(candidates)[gallery]
    scores = Scores(queries, candidates)
    num_queries, column = scores.num_queries, scores.column
    right = _places("targets", targets, num_queries, place)
    if subsets is not None:
        subsets = _places("subsets", subsets, num_queries, place)
    removed = np.full(num_queries, -1)
    if excluded is not None:
        excluded = check_integers("excluded", excluded, num_queries)
        check_indices("excluded", excluded, total)
        removed = place[excluded]

    most = max([1, *(len(own) for own in right)]) if every else 1
    ranks = np.zeros((num_queries, most), dtype=np.int32)
    for query, row in scores(chunk_size, verbose):
        own = right[query][right[query] != removed[query]]
        others = None
        if subsets is not None:
            members = subsets[query][subsets[query] != removed[query]]
            own = own[np.isin(own, members)]
            others = row[column[members[~np.isin(members, own)]]]
        hits = np.sort(row[column[own]])[::-1]
        for i, score in enumerate(hits[:most]):
            if others is not None:
                ahead = np.count_nonzero(others >= score)
            else:
                ahead = scores.count_at_least(row, score)
                ahead -= np.count_nonzero(hits >= score)
                if removed[query] >= 0:
                    ahead -= row[column[removed[query]]] >= score
            ranks[query, i] = i + 1 + ahead
    return ranks if every else ranks[:, 0]


def _places(name, value, num_queries, place):
    """Distinct positions in the gallery of each query's indices."""
    if not isinstance(value, Sequence) or len(value) != num_queries:
        raise ValueError(
            f"`{name}` must be a sequence of {num_queries} sequences of "
            f"indices, one a query. Received: {type(value).__name__}"
            + (f" of length {len(value)}" if hasattr(value, "__len__") else "")
        )
    rows = []
    for own in value:
        own = np.unique(np.asarray(own, dtype=int))
        check_indices(name, own, len(place))
        own = place[own]
        rows.append(own[own >= 0])
    return rows
