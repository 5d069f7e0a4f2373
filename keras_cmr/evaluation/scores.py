"""Scores of queries against candidates: equal rows, equal scores."""

import numpy as np
from tqdm import tqdm

# Scores held at once: 2**25 float32 numbers are 128 MiB.
SCORES_AT_ONCE = 2**25


class Scores:
    """Inner products of queries with candidates, a query at a time.

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

    Attributes:
        column: Int array `(num_candidates,)`. Where in a row of scores the
            score of each candidate stands.
    """

    def __init__(self, queries, candidates):
        self.queries = _matrix("queries", queries)
        candidates = _matrix("candidates", candidates)
        _check_product(self.queries, candidates)
        self.num_queries, self.num_candidates = len(queries), len(candidates)
        self._rows, self.column, copies = _distinct_rows(candidates)
        self._repeated = np.flatnonzero(copies > 1)
        self._surplus = copies[self._repeated] - 1
        self._ahead = np.empty(len(self._rows), dtype=bool)

    def __call__(self, chunk_size=None, verbose=0):
        """Yields `(query, row)`; a row is valid until the next is asked for.

        Args:
            chunk_size: int or `None`. Queries scored at once. `None` takes as
                many as keep the scores at 128 MiB. Defaults to `None`.
            verbose: `0` or `1`. Progress bar. Defaults to `0`.
        """
        check_chunk_size(chunk_size)
        if chunk_size is None:
            chunk_size = max(1, SCORES_AT_ONCE // self.num_candidates)
        size = (min(chunk_size, self.num_queries), len(self._rows))
        block = np.empty(size, np.float32)
        bar = tqdm(
            total=self.num_queries,
            desc="ranking",
            unit="query",
            disable=not verbose,
        )
        with bar:
            for first in range(0, self.num_queries, chunk_size):
                chunk = self.queries[first : first + chunk_size]
                scores = np.matmul(chunk, self._rows.T, out=block[: len(chunk)])
                yield from enumerate(scores, start=first)
                bar.update(len(chunk))

    def count_at_least(self, row, score):
        """How many candidates, copies included, score `score` or more."""
        np.greater_equal(row, score, out=self._ahead)
        copies = self._surplus[self._ahead[self._repeated]].sum()
        return np.count_nonzero(self._ahead) + int(copies)


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


def check_chunk_size(chunk_size):
    """Raises `ValueError` unless `chunk_size` is None or positive."""
    if chunk_size is not None and (
        not isinstance(chunk_size, int | np.integer) or chunk_size < 1
    ):
        raise ValueError(
            "`chunk_size` must be a positive integer or None. "
            f"Received: {chunk_size!r}"
        )


def check_integers(name, value, length):
    """`value` as an integer array of that length, or `ValueError`."""
    value = np.asarray(value)
    if value.shape != (length,) or not np.issubdtype(value.dtype, np.integer):
        raise ValueError(
            f"`{name}` must be an integer array of shape ({length},). "
            f"Received: shape {value.shape}, dtype {value.dtype}"
        )
    return value


def check_indices(name, value, num_candidates):
    """Raises `ValueError` unless all of `value` are indices of candidates."""
    wrong = value[(value < 0) | (value >= num_candidates)]
    if wrong.size:
        raise ValueError(
            f"`{name}` must hold indices from 0 to {num_candidates - 1}. "
            f"Received: {wrong.size} outside, the first is {wrong[0]}"
        )
