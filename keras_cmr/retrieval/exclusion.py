"""Candidates that a query must not return, as flat (query, row) pairs."""

from collections.abc import Sequence

import numpy as np


class Exclusion:
    """The rows excluded for each query of a batch.

    Held as two parallel arrays sorted by query, so that a chunk of the score
    matrix is masked without a loop over queries.

    Args:
        per_query: List with one int64 array of row numbers per query; no row
            twice in one array.
    """

    def __init__(self, per_query):
        self.counts = np.array([len(r) for r in per_query], dtype=np.int64)
        self.queries = np.repeat(np.arange(len(per_query)), self.counts)
        self.rows = np.concatenate([np.empty(0, np.int64), *per_query])

    @classmethod
    def nothing(cls, num_queries):
        """No row is excluded for any query."""
        return cls([np.empty(0, np.int64)] * num_queries)

    @classmethod
    def checked(cls, rows, num_queries, num_rows):
        """Makes an exclusion of what a caller gave.

        Args:
            rows: `None` (nothing is excluded) or one sequence of row numbers
                per query. A row named twice counts once.
            num_queries: Int. Size of the batch.
            num_rows: Int. Size of the gallery; rows are counted from 0.
        """
        if rows is None:
            return cls.nothing(num_queries)
        if not isinstance(rows, list | tuple | np.ndarray):
            raise TypeError(
                "`exclude` must be None or a list with one sequence of row "
                f"numbers per query. Received: {rows!r}"
            )
        if len(rows) != num_queries:
            raise ValueError(
                "`exclude` must hold one sequence of row numbers per query. "
                f"Received: {len(rows)} for {num_queries} queries"
            )
        return cls([_checked_rows(entry, num_rows) for entry in rows])

    def part(self, queries, rows):
        """The pairs inside a block, counted from the block's corner.

        Args:
            queries: Slice of query numbers.
            rows: Slice of row numbers.

        Returns:
            Two int64 arrays, query and row of each pair.
        """
        lo, hi = np.searchsorted(self.queries, [queries.start, queries.stop])
        q, r = self.queries[lo:hi], self.rows[lo:hi]
        inside = (r >= rows.start) & (r < rows.stop)
        return q[inside] - queries.start, r[inside] - rows.start

    def select(self, queries):
        """The exclusion of a sub-batch, given as an int array of queries."""
        ends = np.cumsum(self.counts)
        starts = ends - self.counts
        return Exclusion([self.rows[starts[q] : ends[q]] for q in queries])


def _checked_rows(entry, num_rows):
    if not isinstance(entry, Sequence | np.ndarray) or isinstance(entry, str):
        raise TypeError(
            "`exclude` must hold one sequence of row numbers per query. "
            f"Received: {entry!r}"
        )
    rows = np.unique(entry)
    if rows.size == 0:
        return np.empty(0, np.int64)
    if rows.dtype.kind not in "iu":
        raise TypeError(
            f"`exclude` must hold row numbers (integers). Received: {entry!r}"
        )
    if rows[0] < 0 or rows[-1] >= num_rows:
        raise ValueError(
            f"`exclude` must hold row numbers from 0 to {num_rows - 1}. "
            f"Received: {entry!r}"
        )
    return rows.astype(np.int64)
