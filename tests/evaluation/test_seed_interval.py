"""Student's t against the tables of any textbook."""

import numpy as np
import pytest

from keras_cmr.evaluation.seed_interval import seed_interval
from keras_cmr.evaluation.seed_interval import t_quantile


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.706), (2, 4.303), (4, 2.776), (9, 2.262), (30, 2.042), (120, 1.98)],
)
def test_quantiles(freedom, quantile):
    assert t_quantile(freedom) == pytest.approx(quantile, abs=6e-4)


def test_interval_of_three_seeds():
    found = seed_interval([0.4, 0.5, 0.9])
    # Deviations -0.2, -0.1, 0.3: variance 0.07, standard error 0.15275.
    assert found["mean"] == pytest.approx(0.6)
    assert found["low"] == pytest.approx(0.6 - 4.3027 * 0.152753, abs=1e-4)
    assert found["high"] == pytest.approx(0.6 + 4.3027 * 0.152753, abs=1e-4)


def test_one_seed_has_no_interval():
    assert seed_interval([0.4]) == {"mean": 0.4, "low": None, "high": None}


def test_nineteen_of_twenty_intervals_hold_the_truth():
    draws = np.random.default_rng(0).normal(size=(2000, 3))
    held = [i["low"] < 0 < i["high"] for i in map(seed_interval, draws)]
    assert 0.93 < np.mean(held) < 0.97


@pytest.mark.parametrize("values", [[], [0.1, np.nan], [[0.1, 0.2]]])
def test_bad_values(values):
    with pytest.raises(ValueError, match="`values` must be finite numbers"):
        seed_interval(values)
