"""What a handful of training seeds say about the mean over all of them."""

import functools

import numpy as np

from keras_cmr.evaluation.bootstrap import LEVEL

STEPS = 100_000


def seed_interval(values):
    """Mean over seeds and the 95 % interval of Student's t.

    The interval says where the mean over *all* seeds lies, if what seeds do
    is about normal. It knows nothing about other queries. Two seeds give a
    wide one, as they should.

    Args:
        values: Sequence of float, one a seed.

    Returns:
        Dict with `"mean"`, `"low"` and `"high"`; of a single seed the two
        ends are `None`.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or not values.size or not np.isfinite(values).all():
        raise ValueError(
            "`values` must be finite numbers, at least one. "
            f"Received: {values.tolist()}"
        )
    mean = float(values.mean())
    if values.size == 1:
        return {"mean": mean, "low": None, "high": None}
    error = values.std(ddof=1) / np.sqrt(values.size)
    half = float(t_quantile(values.size - 1) * error)
    return {"mean": mean, "low": mean - half, "high": mean + half}


@functools.cache
def t_quantile(freedom):
    """Where the central 95 % of Student's t end.

    With `t = sqrt(freedom) tan(angle)` its density is `cos(angle) **
    (freedom - 1)` up to a factor, on a finite range: no SciPy is needed.

    Args:
        freedom: int, at least 1. Degrees of freedom.
    """
    angles = np.linspace(0, np.pi / 2, STEPS)
    density = np.cos(angles) ** (freedom - 1)
    mass = np.cumsum((density[1:] + density[:-1]) / 2)
    angle = np.interp(LEVEL * mass[-1], mass, angles[1:])
    return float(np.sqrt(freedom) * np.tan(angle))
