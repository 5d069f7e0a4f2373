"""What a plane tells apart, and what it does not."""

import sys

import numpy as np
import pytest

from keras_cmr.evaluation import separability

DRAWS = np.random.default_rng(0)


def test_from_chance_to_certainty():
    one, other = DRAWS.normal(size=(2, 200, 5))
    assert 0.4 < separability(one, other) < 0.6
    # Half a standard deviation to either side along one axis: Phi(1) = 0.84.
    shift = np.eye(5)[0] * 2
    assert 0.78 < separability(one, other + shift) < 0.9
    assert separability(one, other + 20 * np.eye(5)[0]) == 1.0


def test_a_larger_set_gains_nothing_by_its_size():
    one, other = DRAWS.normal(size=(20, 5)), DRAWS.normal(size=(400, 5))
    assert 0.35 < separability(one, other) < 0.65


def test_scale_does_not_matter():
    one, other = DRAWS.normal(size=(2, 60, 5))
    other = other + 1
    assert separability(one, other) == pytest.approx(
        separability(1e-3 * one, 1e-3 * other)
    )


def test_twins_in_one_group_are_chance_and_not_below():
    one = DRAWS.normal(size=(60, 16))
    twin = one + 0.01 * DRAWS.normal(size=one.shape)
    groups = np.arange(60)
    assert separability(one, twin) < 0.35
    assert 0.4 < separability(one, twin, groups=(groups, groups)) < 0.6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((4, 2), (9, 2)), "`folds` must be at least 2 and at most the groups"),
        (((9, 2), (9, 3)), "`first` and `second` must have shapes"),
        (((9,), (9, 2)), "`first` and `second` must have shapes"),
    ],
)
def test_bad_shapes(arguments, message):
    with pytest.raises(ValueError, match=message):
        separability(*map(np.zeros, arguments))


def test_bad_groups():
    rows = np.zeros((9, 2))
    with pytest.raises(ValueError, match="`groups` must hold a group for each"):
        separability(rows, rows, groups=(np.zeros(9), np.zeros(8)))
    with pytest.raises(ValueError, match=r"for \[1, 1\] groups"):
        separability(rows, rows, groups=(np.zeros(9), np.zeros(9)))


def test_without_scikit_learn_the_command_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    rows = np.zeros((9, 2))
    with pytest.raises(ImportError, match=r"keras-cmr\[gap\]"):
        separability(rows, rows)
