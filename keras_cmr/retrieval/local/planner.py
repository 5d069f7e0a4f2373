"""Which way a search goes: the index where it pays, exact where it must."""

import math

import numpy as np

from keras_cmr.retrieval import exact

# A filter that leaves a smaller share of the gallery is answered exactly.
RARE = 0.02
# A query that excludes more is answered exactly: over-fetching would cost
# the whole batch more than that.
_MOST_EXCLUDED = 100
# Where not all rows are candidates, fetch so many that a query whose
# neighbours are as often candidates as others has enough in all but one of a
# thousand cases; one that found hardly enough lies far from the candidates,
# and is answered exactly.
_DEVIATIONS = 3.0
_MARGIN = 0.25
# Up to this share, candidates are copied out of the gallery to be scored.
_COPIED = 0.25
_ROWS_COPIED = 1 << 15
# Bounds the candidates held while they are sifted.
_QUERIES_AT_A_TIME = 1024


def search(blocks, index, num_indexed, queries, k, exclusion, allowed):
    """Finds the `k` best candidates of each query.

    Args:
        blocks: `Blocks` of the gallery.
        index: `Index` over rows below `num_indexed`, or `None`.
        num_indexed: Int.
        queries: Float32 unit rows of shape `(n, dim)`, `n` at least 1.
        k: Int, at least 1.
        exclusion: `Exclusion` of rows for these queries.
        allowed: Bool array, which rows are candidates.

    Returns:
        Rows, int64 of shape `(n, at most k)`, and cosines, the best first,
        equal scores by row; -inf where there are no more candidates.
    """
    num_allowed = int(np.count_nonzero(allowed))
    k = min(k, num_allowed)
    if k == 0:
        shape = (len(queries), 0)
        return np.empty(shape, np.int64), np.empty(shape, np.float32)
    if index is None or num_allowed <= RARE * len(blocks):
        return search_exactly(blocks, queries, k, exclusion, allowed)
    rows = np.empty((len(queries), k), np.int64)
    scores = np.empty((len(queries), k), np.float32)
    for start in range(0, len(queries), _QUERIES_AT_A_TIME):
        some = np.arange(len(queries))[start : start + _QUERIES_AT_A_TIME]
        few, out = queries[some], exclusion.select(some)
        found = [
            _search_index(blocks, index, num_indexed, few, k, out, allowed),
            *_search_parts(blocks, few, k, out, allowed, num_indexed),
        ]
        if len(found) > 1:
            found = [exact.merge(*zip(*found, strict=True), k)]
        [(rows[some], scores[some])] = found
    return rows, scores


def rows_to_fetch(needed, share):
    """How many rows hold `needed` candidates, `share` of rows being some.

    In all but one of a thousand cases, where candidates lie at random: of
    `m` expected, `m - 3 sqrt(m (1 - share))` come.
    """
    spread = _DEVIATIONS * math.sqrt(1 - share)
    root = (spread + math.sqrt(spread**2 + 4 * needed)) / 2
    return math.ceil((needed + spread * root) / share)


def search_exactly(blocks, queries, k, exclusion, allowed):
    """As `search`, scoring every candidate."""
    if np.count_nonzero(allowed) > _COPIED * len(blocks):
        found = _search_parts(blocks, queries, k, exclusion, allowed, 0)
    else:
        found = _search_copies(blocks, queries, k, exclusion, allowed)
    rows, scores = zip(*found, strict=True)
    rows, scores = exact.merge(rows, scores, k)
    if np.isnan(scores).any():
        raise ValueError(
            "Damaged gallery: a vector is not a number; `verify` tells more"
        )
    return rows, scores


def _search_parts(blocks, queries, k, exclusion, allowed, first):
    """Results of each block from row `first` on."""
    for start, block in blocks.parts(first):
        mask = allowed[start : start + len(block)]
        yield exact.search(
            block,
            queries,
            k,
            exclusion,
            start,
            None if mask.all() else mask,
        )


def _search_copies(blocks, queries, k, exclusion, allowed):
    """Results of candidates that lie apart, copied together."""
    rows = np.flatnonzero(allowed)
    for start in range(0, len(rows), _ROWS_COPIED):
        chosen = rows[start : start + _ROWS_COPIED]
        places, scores = exact.search(
            blocks.take(chosen), queries, k, exclusion.within(chosen)
        )
        yield chosen[places], scores


def _search_index(blocks, index, num_indexed, queries, k, exclusion, allowed):
    """Results among the indexed rows; what the index can't do is exact."""
    allowed = allowed.copy()
    allowed[num_indexed:] = False
    num_allowed = int(np.count_nonzero(allowed))
    if not num_allowed:
        shape = (len(queries), 0)
        return np.empty(shape, np.int64), np.empty(shape, np.float32)
    share = num_allowed / len(index.rows)
    few = exclusion.counts <= _MOST_EXCLUDED
    width = min(k, num_allowed)
    needed = width + round(_MARGIN * width * (1 - share))
    most_excluded = int(exclusion.counts[few].max(initial=0))
    wanted = rows_to_fetch(needed + most_excluded, share)
    if wanted > index.longest:
        return search_exactly(blocks, queries, k, exclusion, allowed)
    rows = np.zeros((len(queries), width), np.int64)
    scores = np.full((len(queries), width), -np.inf, np.float32)
    chosen = np.flatnonzero(few)
    short = ~few
    if chosen.size:
        found, cosines = index.search(queries[chosen], wanted)
        cosines[~allowed[found] | (found < 0)] = -np.inf
        exclusion.select(chosen).drop(found, cosines)
        excluded = exclusion.counts[chosen]
        short[chosen] = np.count_nonzero(
            cosines > -np.inf, axis=1
        ) < np.minimum(needed, num_allowed - excluded)
        rows[chosen], scores[chosen] = exact.merge([found], [cosines], width)
    short = np.flatnonzero(short)
    if short.size:
        rows[short], scores[short] = search_exactly(
            blocks, queries[short], width, exclusion.select(short), allowed
        )
    return rows, scores
