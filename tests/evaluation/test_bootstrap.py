import time

import numpy as np
import pytest

from keras_cmr.evaluation.bootstrap import bootstrap_figures
from keras_cmr.evaluation.bootstrap import resampled_means


@pytest.mark.parametrize("share", [0.1, 0.5, 0.74])
def test_interval_of_a_proportion_is_the_normal_one(share):
    size = 4000
    outcome = (np.arange(size) < share * size).astype(float)
    figure = bootstrap_figures({"R@1": outcome}, 4000, seed=3)["R@1"]
    half = 1.959964 * np.sqrt(share * (1 - share) / size)
    assert figure["value"] == pytest.approx(share)
    # Percentiles of 4,000 resamples scatter by about 3 % of the half-width.
    assert figure["low"] == pytest.approx(share - half, abs=0.12 * half)
    assert figure["high"] == pytest.approx(share + half, abs=0.12 * half)


def test_real_valued_outcomes_have_the_standard_error_of_a_mean():
    rng = np.random.default_rng(0)
    outcome = rng.random(3000)  # nearly all rows distinct: several blocks
    means = resampled_means(outcome[:, None], 3000, seed=1)[:, 0]
    assert means.mean() == pytest.approx(outcome.mean(), abs=3e-4)
    assert means.std() == pytest.approx(outcome.std() / np.sqrt(3000), rel=0.06)


def test_figures_are_resampled_together():
    # Two figures that sum to one in every query do so in every resample.
    outcome = np.random.default_rng(0).random(50)
    means = resampled_means(np.stack([outcome, 1 - outcome], 1), 100, seed=0)
    np.testing.assert_allclose(means.sum(axis=1), 1)
    assert means[:, 0].std() > 0


def test_same_seed_same_numbers():
    outcome = {"R@1": np.arange(100) % 3 == 0}
    first = bootstrap_figures(outcome, 300, seed=5)
    assert bootstrap_figures(outcome, 300, seed=5) == first
    assert bootstrap_figures(outcome, 300, seed=6) != first


def test_certain_figures_have_no_width():
    outcome = {"none": np.zeros(9), "all": np.ones(9)}
    assert bootstrap_figures(outcome, 50, seed=0) == {
        "none": {"value": 0, "low": 0, "high": 0},
        "all": {"value": 1, "low": 1, "high": 1},
    }


def test_fast_enough_for_css():
    ranks = np.random.default_rng(0).integers(1, 18_000, size=18_000)
    outcomes = {k: ranks <= k for k in (1, 5, 10, 50, 100)}
    start = time.process_time()
    bootstrap_figures(outcomes, 1000, seed=0)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("outcomes", "resamples", "message"),
    [
        (np.ones((3, 1)), 0, "`resamples` must be .* Received: 0"),
        (np.ones((3, 1)), 1.5, "`resamples` must be .* Received: 1.5"),
        (np.ones((0, 1)), 10, r"`outcomes` must .* shape \(0, 1\)"),
        (np.ones(3), 10, r"`outcomes` must .* shape \(3,\)"),
    ],
)
def test_errors(outcomes, resamples, message):
    with pytest.raises(ValueError, match=message):
        resampled_means(outcomes, resamples, seed=0)
