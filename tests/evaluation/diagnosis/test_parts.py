import numpy as np
import pytest

from keras_cmr.evaluation.diagnosis.parts import part_groups
from keras_cmr.evaluation.diagnosis.parts import summarise_parts


def test_parts_by_hand():
    # Query [3, 4] + [1, -4] = [4, 0], whose square is 16.
    summary = summarise_parts(
        {
            "gate": np.array([[0.2, 0.6]]),
            "image": np.array([[3.0, 4.0]]),
            "residual": np.array([[1.0, -4.0]]),
        },
        (1, 2),
    )
    assert {name: float(value[0]) for name, value in summary.items()} == (
        pytest.approx(
            {
                "gate": 0.4,
                "norm of image": 5.0,
                "share of image": 12 / 16,
                "norm of residual": 17**0.5,
                "share of residual": 4 / 16,
            }
        )
    )


def test_parts_of_maps_broadcast():
    # Two places with two channels; the text's part is the same at each.
    summary = summarise_parts(
        {
            "residual": np.ones((1, 1, 2, 2)),
            "text": np.array([[[[1.0, -1.0]]]]),
        },
        (1, 1, 2, 2),
    )
    # Query: [2, 0] twice, square 8; residual: 2 + 2 = 4; text: the same.
    assert summary["share of residual"][0] == pytest.approx(0.5)
    assert summary["share of text"][0] == pytest.approx(0.5)
    assert summary["norm of text"][0] == pytest.approx(2.0)
    assert "gate" not in summary


def test_a_query_of_zeros_has_no_infinite_share():
    summary = summarise_parts({"image": np.zeros((1, 2))}, (1, 2))
    assert summary["share of image"][0] == 0.0


def test_groups():
    values = {"gate": np.array([0.0, 1.0, 0.5])}
    groups = part_groups(values, np.array(["a", "b", "a"]))
    assert groups["all"] == {
        "n": 3,
        "gate": {"mean": 0.5, "deviation": pytest.approx((1 / 6) ** 0.5)},
    }
    assert groups["a"]["gate"] == {"mean": 0.25, "deviation": 0.25}
    assert list(part_groups(values, None)) == ["all"]
