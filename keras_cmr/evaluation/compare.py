"""Paired comparison of reports, query by query."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_cmr.evaluation import comparison_table
from keras_cmr.evaluation.bootstrap import percentile_interval
from keras_cmr.evaluation.bootstrap import resampled_means
from keras_cmr.evaluation.protocols import get_protocol
from keras_cmr.evaluation.report import Report

SAME = ("protocol", "protocol_version", "dataset_fingerprint", "num_queries")


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Differences `b - a` per figure, with paired bootstrap intervals.

    Args:
        protocol: str. Name of the rule.
        num_queries: int. Queries compared.
        num_seeds: int. Pairs of reports.
        figures: Dict of figure name -> `{"a", "b", "difference", "low",
            "high", "positive"}`: means of both sides, `b - a` with its 95 %
            interval, and the share of resamples in which it is above 0.
        wins: int. (query, seed) pairs in which `b` is better in the
            protocol's first figure (a hit at 1 where `a` has none).
        losses: int. Pairs in which `a` is better.
        ties: int. Pairs in which both are equal.
        resamples: int. Bootstrap resamples.
        seed: int. Seed of the bootstrap.
        slices: Dict of slice name, such as `"kind=add"`, ->
            `{"n": int, "figures": {...}}` over the queries of that slice.
            Of twenty slices without any difference one has an interval that
            leaves 0 out, by chance.
    """

    protocol: str
    num_queries: int
    num_seeds: int
    figures: dict[str, dict[str, float]]
    wins: int
    losses: int
    ties: int
    resamples: int
    seed: int
    slices: dict[str, dict[str, Any]]

    @property
    def seeds(self) -> str:
        """How many seeds a side has, in words."""
        return "1 seed" if self.num_seeds == 1 else f"{self.num_seeds:,} seeds"

    def to_dict(self) -> dict[str, Any]:
        """Plain dict that fits into JSON."""
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        return comparison_table.table(self)


def compare(
    a: Report, b: Report, resamples: int = 10_000, seed: int = 0
) -> Comparison:
    """Is report `b` better than report `a` on the same queries?

    The bootstrap is paired: each resample draws queries and takes both
    models' outcomes on them, so what makes a query hard for both cancels. It
    speaks of these two trained models; for two *methods* train several seeds
    and use `compare_seeds`.

    Args:
        a: `Report`.
        b: `Report` of the same protocol and dataset.
        resamples: int. Bootstrap resamples. Defaults to `10_000`.
        seed: int. Seed of the bootstrap. Defaults to `0`.

    Returns:
        A `Comparison`.

    Example:

    ```python
    import keras_cmr

    css = keras_cmr.datasets.css.generate(scenes=20, verbose=0)
    images = css.test.images.pixels.reshape(len(css.test.images), -1) + 1.0
    evaluate = keras_cmr.evaluation.evaluate_embeddings
    references = images[css.test.queries.references]
    a = evaluate(references, images, css.test)
    b = evaluate(references[::-1], images, css.test)
    print(keras_cmr.evaluation.compare(a, b))
    ```
    """
    return compare_seeds([a], [b], resamples=resamples, seed=seed)


def compare_seeds(
    a: Sequence[Report],
    b: Sequence[Report],
    resamples: int = 10_000,
    seed: int = 0,
) -> Comparison:
    """Is method `b` better than method `a`, each trained with several seeds?

    Every resample draws queries with replacement (the same draw for all
    reports) and, independently, pairs of seeds with replacement; the
    difference is the mean over both. So the interval covers the choice of
    queries and of training seeds. `a[i]` and `b[i]` are one pair: give runs
    that share a seed the same place. Few seeds say little about seeds: with
    `s` pairs this bootstrap understates their part of the spread by a factor
    of about `sqrt((s - 1) / s)` (0.82 for three), and with one pair leaves it
    out altogether.

    Args:
        a: List of `Report`, one per seed.
        b: List of `Report`, as many, same protocol and dataset.
        resamples: int. Bootstrap resamples. Defaults to `10_000`.
        seed: int. Seed of the bootstrap. Defaults to `0`.

    Returns:
        A `Comparison`.
    """
    _check_comparable(a, b)
    outcomes = get_protocol(a[0].protocol).outcomes
    names = list(outcomes(a[0].ranks))
    # (side, seed, figure, query)
    table = np.array(
        [[list(outcomes(r.ranks).values()) for r in side] for side in (a, b)]
    )
    deltas = table[1] - table[0]
    first = deltas[:, 0]
    slices = {}
    for group, values in _common_groups([*a, *b]).items():
        for value in np.unique(values):
            chosen = values == value
            slices[f"{group}={value}"] = {
                "n": int(chosen.sum()),
                "figures": _figures(names, table[..., chosen], resamples, seed),
            }
    return Comparison(
        protocol=a[0].protocol,
        num_queries=deltas.shape[2],
        num_seeds=len(deltas),
        figures=_figures(names, table, resamples, seed),
        wins=int((first > 0).sum()),
        losses=int((first < 0).sum()),
        ties=int((first == 0).sum()),
        resamples=resamples,
        seed=seed,
        slices=slices,
    )


def _figures(names, table, resamples, seed):
    """`Comparison.figures` of outcomes `(side, seed, figure, query)`."""
    deltas = table[1] - table[0]
    num_pairs, num_figures, num_queries = deltas.shape
    means = resampled_means(
        deltas.reshape(-1, num_queries).T, resamples, seed
    ).reshape(resamples, num_pairs, num_figures)
    times_drawn = np.random.default_rng([seed, 1]).multinomial(
        num_pairs, np.full(num_pairs, 1 / num_pairs), size=resamples
    )
    drawn = np.einsum("rs,rsf->rf", times_drawn, means) / num_pairs
    low, high = percentile_interval(drawn)
    return {
        name: {
            "a": float(table[0, :, f].mean()),
            "b": float(table[1, :, f].mean()),
            "difference": float(deltas[:, f].mean()),
            "low": float(low[f]),
            "high": float(high[f]),
            "positive": float((drawn[:, f] > 0).mean()),
        }
        for f, name in enumerate(names)
    }


def _common_groups(reports):
    """The groups by which all reports sort their queries alike."""
    return {
        name: np.asarray(values)
        for name, values in reports[0].groups.items()
        if all(
            np.array_equal(values, other.groups.get(name, ()))
            for other in reports
        )
    }


def _check_comparable(a, b):
    if not a or len(a) != len(b):
        raise ValueError(
            "`a` and `b` must hold equally many reports, at least one. "
            f"Received: {len(a)} and {len(b)}"
        )
    for other in (*a[1:], *b):
        for field in SAME:
            mine, theirs = getattr(a[0], field), getattr(other, field)
            if mine != theirs:
                raise ValueError(
                    f"`a` and `b` must be reports of the same `{field}`. "
                    f"Received: {mine!r} and {theirs!r}"
                )
