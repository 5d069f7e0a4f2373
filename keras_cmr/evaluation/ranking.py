"""Exact ranks over a whole gallery without sorting it."""

import numpy as np
from tqdm import tqdm

# Scores held at once: 2**25 float32 numbers are 128 MiB.
SCORES_AT_ONCE = 2**25


def first_hit_ranks(
    queries,
    candidates,
    target_labels,
    candidate_labels,
    excluded=None,
    chunk_size=None,
    verbose=0,
):
    """Rank of the best correct candidate of each query, counted exactly.

    A candidate is correct if its label equals the query's target label. The
    score is the inner product (cosine, if the rows are unit vectors). The rank
    is one plus the number of wrong, non-excluded candidates whose score is at
    least that of the best correct one: **ties count against the model**.
    Counted the other way, an encoder that maps everything to one vector would
    score 100 %.

    Scores are float32 and come from one matrix product per chunk of queries.
    A BLAS library uses other kernels at the edges of a matrix, so two equal
    rows may get scores that differ in the last bit, and ties would be decided
    by position. Therefore each distinct candidate row is scored once, and all
    its copies share that score. Rows that differ in any bit, even by rounding
    only, are different candidates: a pair of scores closer than about 1e-6 may
    change order between BLAS libraries, thread counts or chunk sizes.

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
    queries = _matrix("queries", queries)
    candidates = _matrix("candidates", candidates)
    _check_product(queries, candidates)
    num_queries, num_candidates = len(queries), len(candidates)
    target_labels = _integers("target_labels", target_labels, num_queries)
    candidate_labels = _integers(
        "candidate_labels", candidate_labels, num_candidates
    )
    if excluded is not None:
        excluded = _integers("excluded", excluded, num_queries)
        _check_indices(excluded, num_candidates)
    check_chunk_size(chunk_size)
    if chunk_size is None:
        chunk_size = max(1, SCORES_AT_ONCE // num_candidates)

    rows, column, copies = _distinct_rows(candidates)
    repeated = np.flatnonzero(copies > 1)
    surplus = copies[repeated] - 1
    order = np.argsort(candidate_labels, kind="stable")
    grouped = candidate_labels[order]
    starts = np.searchsorted(grouped, target_labels, side="left")
    stops = np.searchsorted(grouped, target_labels, side="right")

    ranks = np.zeros(num_queries, dtype=np.int32)
    block = np.empty((min(chunk_size, num_queries), len(rows)), np.float32)
    ahead = np.empty(len(rows), dtype=bool)
    bar = tqdm(
        total=num_queries, desc="ranking", unit="query", disable=not verbose
    )
    with bar:
        for first in range(0, num_queries, chunk_size):
            chunk = queries[first : first + chunk_size]
            scores = np.matmul(chunk, rows.T, out=block[: len(chunk)])
            for query, row in enumerate(scores, start=first):
                correct = order[starts[query] : stops[query]]
                if excluded is not None:
                    correct = correct[correct != excluded[query]]
                if not correct.size:
                    continue
                hits = row[column[correct]]
                best = hits.max()
                np.greater_equal(row, best, out=ahead)
                count = np.count_nonzero(ahead)
                count += surplus[ahead[repeated]].sum()
                count -= np.count_nonzero(hits == best)
                if excluded is not None:
                    count -= ahead[column[excluded[query]]]
                ranks[query] = 1 + count
            bar.update(len(chunk))
    return ranks


def _distinct_rows(candidates):
    """Distinct rows, the column of each candidate, copies per column."""
    row_bytes = candidates.shape[1] * candidates.itemsize
    whole_rows = np.dtype((np.void, row_bytes))
    _, first, column, copies = np.unique(
        candidates.view(whole_rows)[:, 0],
        return_index=True,
        return_inverse=True,
        return_counts=True,
    )
    return candidates[first], column, copies


def _matrix(name, value):
    value = np.ascontiguousarray(value, dtype=np.float32)
    if value.ndim != 2 or 0 in value.shape:
        raise ValueError(
            f"`{name}` must be a non-empty array of shape (rows, dim). "
            f"Received: shape {value.shape}"
        )
    return value


def _check_product(queries, candidates):
    if queries.shape[1] != candidates.shape[1]:
        raise ValueError(
            "`queries` and `candidates` must have the same dimension. "
            f"Received: {queries.shape[1]} and {candidates.shape[1]}"
        )
    bound = float(queries.shape[1])
    for name, value in (("queries", queries), ("candidates", candidates)):
        # Without a temporary of the array's size; NaN and inf survive both.
        largest = max(float(value.max()), -float(value.min()))
        if not np.isfinite(largest):
            bad = int((~np.isfinite(value)).any(axis=1).sum())
            raise ValueError(
                f"`{name}` must be finite. Received: {bad} of {len(value)} "
                "rows with NaN or infinity"
            )
        bound *= largest
    if bound > float(np.finfo(np.float32).max):
        raise ValueError(
            "`queries` and `candidates` are so large that their scores may "
            f"overflow float32. Received: scores up to {bound:.3g}. Scale the "
            "rows to unit length"
        )


def _integers(name, value, length):
    value = np.asarray(value)
    if value.shape != (length,) or not np.issubdtype(value.dtype, np.integer):
        raise ValueError(
            f"`{name}` must be an integer array of shape ({length},). "
            f"Received: shape {value.shape}, dtype {value.dtype}"
        )
    return value


def _check_indices(excluded, num_candidates):
    wrong = excluded[(excluded < 0) | (excluded >= num_candidates)]
    if wrong.size:
        raise ValueError(
            f"`excluded` must hold indices from 0 to {num_candidates - 1}. "
            f"Received: {wrong.size} outside, the first is {wrong[0]}"
        )


def check_chunk_size(chunk_size):
    """Raises `ValueError` unless `chunk_size` is None or positive."""
    if chunk_size is not None and (
        not isinstance(chunk_size, int | np.integer) or chunk_size < 1
    ):
        raise ValueError(
            "`chunk_size` must be a positive integer or None. "
            f"Received: {chunk_size!r}"
        )
