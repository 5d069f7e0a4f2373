"""Candidates that a query must not return, as flat (query, row) pairs."""

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
        nothing = cls([])
        nothing.counts = np.zeros(num_queries, np.int64)
        return nothing

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
        if not self.rows.size:
            return Exclusion.nothing(len(queries))
        ends = np.cumsum(self.counts)
        starts = ends - self.counts
        return Exclusion([self.rows[starts[q] : ends[q]] for q in queries])

    def within(self, rows):
        """The exclusion in places of `rows`, an ascending int64 array."""
        places = np.searchsorted(rows, self.rows)
        there = rows[np.minimum(places, len(rows) - 1)] == self.rows
        lengths = np.bincount(self.queries[there], minlength=len(self.counts))
        ends = np.cumsum(lengths)[:-1]
        return Exclusion(np.split(places[there], ends))

    def drop(self, rows, scores):
        """Gives excluded rows among results the score -inf, in place.

        Args:
            rows: Int64 array of shape `(n, any)`.
            scores: Float array of the same shape.
        """
        pair, column = np.nonzero(rows[self.queries] == self.rows[:, None])
        scores[self.queries[pair], column] = -np.inf
