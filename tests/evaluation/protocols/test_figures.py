import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from keras_cmr.evaluation import get_protocol
from keras_cmr.evaluation.protocols.figures import average_precisions


def cut_average_precision(places, k):
    """Walk down the first k places and add up the precisions at hits."""
    total, hits = 0.0, 0
    for place in range(1, k + 1):
        if place in places:
            hits += 1
            total += hits / place
    return total / min(len(places), k)


def test_by_hand():
    # Right at 1, 3 and 12 of three: (1/1 + 2/3) / 3 up to 5 and 10.
    ranks = np.array([[1, 3, 12], [6, 0, 0], [0, 0, 0]])
    figures = average_precisions(ranks, (5, 10, 25))
    assert list(figures) == ["mAP@5", "mAP@10", "mAP@25"]
    first = (1 + 2 / 3) / 3
    np.testing.assert_allclose(figures["mAP@5"], [first, 0, 0])
    np.testing.assert_allclose(figures["mAP@10"], [first, 1 / 6, 0])
    np.testing.assert_allclose(
        figures["mAP@25"], [first + 3 / 12 / 3, 1 / 6, 0]
    )


def test_more_right_images_than_k():
    # Seven right images first: all five places of the five are right.
    figures = average_precisions(np.arange(1, 8)[None], (5, 10))
    assert figures["mAP@5"].tolist() == [1.0]
    assert figures["mAP@10"].tolist() == [1.0]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sets(st.integers(1, 60), min_size=1, max_size=14), min_size=1)
)
def test_equals_a_walk_down_the_list(rows):
    ranks = np.zeros((len(rows), 14), int)
    for i, places in enumerate(rows):
        ranks[i, : len(places)] = sorted(places)
    outcomes = get_protocol("circo/kept").outcomes(ranks)
    assert list(outcomes) == ["mAP@5", "mAP@10", "mAP@25", "mAP@50"]
    for k in (5, 10, 25, 50):
        expected = [cut_average_precision(places, k) for places in rows]
        assert outcomes[f"mAP@{k}"] == pytest.approx(expected)
