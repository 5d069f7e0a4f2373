"""Percentile bootstrap over queries."""

import numpy as np

LEVEL = 0.95
# Counts held at once: 2**22 int64 numbers are 32 MiB.
COUNTS_AT_ONCE = 2**22


def resampled_means(outcomes, resamples, seed):
    """Column means of many resamples of the rows, drawn with replacement.

    Drawing rows with replacement is the same as drawing *how often each
    distinct row occurs* from a multinomial distribution. Outcomes of nested
    recalls have only a handful of distinct rows (five recalls: six), so this
    costs next to nothing and is not an approximation.

    Args:
        outcomes: Float array of shape `(num_queries, num_figures)`.
        resamples: int. Number of resamples.
        seed: int. Seed of the draws; equal seeds give equal results (with the
            same NumPy version).

    Returns:
        Float array of shape `(resamples, num_figures)`.
    """
    outcomes = np.asarray(outcomes, dtype=float)
    if outcomes.ndim != 2 or not len(outcomes):
        raise ValueError(
            "`outcomes` must have at least one row and shape "
            f"(num_queries, num_figures). Received: shape {outcomes.shape}"
        )
    check_resamples(resamples)
    rows, counts = np.unique(outcomes, axis=0, return_counts=True)
    num_queries = len(outcomes)
    rng = np.random.default_rng(seed)
    at_once = max(1, COUNTS_AT_ONCE // len(rows))
    means = np.empty((resamples, outcomes.shape[1]))
    for first in range(0, resamples, at_once):
        block = means[first : first + at_once]
        drawn = rng.multinomial(
            num_queries, counts / num_queries, size=len(block)
        )
        block[:] = drawn @ rows / num_queries
    return means


def check_resamples(resamples):
    """Raises `ValueError` unless `resamples` is a positive integer."""
    if not isinstance(resamples, int | np.integer) or resamples < 1:
        raise ValueError(
            f"`resamples` must be a positive integer. Received: {resamples!r}"
        )


def percentile_interval(samples):
    """Lower and upper end of the central 95 % of each column."""
    tail = (1 - LEVEL) / 2
    return np.quantile(samples, [tail, 1 - tail], axis=0)


def bootstrap_figures(outcomes, resamples, seed):
    """Mean and 95 % percentile interval of every figure.

    The interval says how much a figure would move with another sample of
    queries of the same kind. It knows nothing about other training seeds
    (`compare_seeds` does). A figure of exactly 0 or 1 gets an interval of
    width 0: no resample can show what the sample does not contain.

    Args:
        outcomes: Dict of figure name -> float array `(num_queries,)`.
        resamples: int. Number of resamples.
        seed: int. Seed of the draws.

    Returns:
        Dict of figure name -> `{"value": ..., "low": ..., "high": ...}`.
    """
    table = np.stack(list(outcomes.values()), axis=1)
    low, high = percentile_interval(resampled_means(table, resamples, seed))
    return {
        name: {
            "value": float(value),
            "low": float(low[figure]),
            "high": float(high[figure]),
        }
        for figure, (name, value) in enumerate(
            zip(outcomes, table.mean(axis=0), strict=True)
        )
    }
