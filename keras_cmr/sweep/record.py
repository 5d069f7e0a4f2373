"""A sweep's outcomes in numbers, as `sweep.json` holds them."""

import dataclasses

from keras_cmr.evaluation.context import environment
from keras_cmr.evaluation.seed_interval import seed_interval
from keras_cmr.version import __version__

FORMAT = "keras_cmr.sweep"


def record(
    base, grid, seeds, points, outcomes, command="", one_at_a_time=False
):
    """Figures of every point over its seeds, and against the first point.

    Args:
        base: `Config` of the sweep.
        grid: Dict of key to list of values.
        seeds: List of int.
        points: List of `Point`, distinct.
        outcomes: Dict of a point's config to its list of `Outcome` so far.
        command: str. How the sweep was started.
        one_at_a_time: bool. Whether points differ from the first in one key.

    Returns:
        Dict that fits into JSON. `"points"` has for each its `"settings"`,
        its `"runs"`, and over those that finished `"figures"`, from 0 to 1:
        `{"mean", "low", "high"}` of `seed_interval`, and
        `"training_seconds"`, their mean. `"difference"` is the same of the
        figures minus those of the first point, paired by seed.
    """
    rows = []
    for point in points:
        runs = [outcome.to_dict() for outcome in outcomes[point.config]]
        done = {run["seed"]: run for run in runs if "figures" in run}
        first = rows[0] if rows else None
        rows.append(
            {
                "name": point.name,
                "settings": point.settings,
                "runs": runs,
                "figures": _figures(done),
                "difference": _difference(first, done),
                "training_seconds": _mean(
                    [run["training_seconds"] for run in done.values()]
                ),
            }
        )
    return {
        "format": FORMAT,
        "format_version": 1,
        "package_version": __version__,
        "command": command,
        "environment": environment(),
        "config": dataclasses.asdict(base),
        "grid": {key: list(values) for key, values in grid.items()},
        "one_at_a_time": one_at_a_time,
        "seeds": seeds,
        "protocol": base.protocol,
        "complete": all(
            sum("figures" in run for run in row["runs"]) == len(seeds)
            for row in rows
        ),
        "points": rows,
    }


def _figures(done):
    runs = [run["figures"] for run in done.values()]
    return {
        name: _within_bounds(seed_interval([run[name] for run in runs]))
        for name in (runs[0] if runs else ())
    }


def _within_bounds(interval):
    """No figure is below 0 or above 1, whatever Student's t says."""
    return {
        end: None if value is None else min(max(value, 0.0), 1.0)
        for end, value in interval.items()
    }


def _difference(first, done):
    """`_figures` of what the runs have over the first point's, seed by seed."""
    if first is None:
        return {}
    base = {run["seed"]: run for run in first["runs"] if "figures" in run}
    pairs = [
        (base[seed]["figures"], run["figures"])
        for seed, run in done.items()
        if seed in base
    ]
    return {
        name: seed_interval([b[name] - a[name] for a, b in pairs])
        for name in (pairs[0][1] if pairs else ())
        if all(name in a for a, _ in pairs)
    }


def _mean(values):
    return round(sum(values) / len(values), 1) if values else None
