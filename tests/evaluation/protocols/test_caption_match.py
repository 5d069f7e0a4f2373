import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_cmr.evaluation import get_protocol

RULE = get_protocol("tirg/caption-match")


def test_says_what_it_is():
    assert (RULE.name, RULE.version) == ("tirg/caption-match", 1)
    assert "own reference image" in RULE.description
    assert "google/tirg" in RULE.source


def test_ranks_by_label_without_the_own_reference(make_split):
    # Query 0 points at image 0, its own reference; next best is image 1.
    split = make_split(
        labels=[7, 8, 9, 8], references=[0, 2], target_labels=[8, 9]
    )
    gallery = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [0.6, 0.8]])
    queries = np.array([[1.0, 0.0], [0.0, 1.0]])
    # Query 1 wants label 9, which only its reference carries.
    assert RULE.rank(split, queries, gallery).tolist() == [1, 0]


def test_outcomes_by_hand():
    outcomes = RULE.outcomes(np.array([1, 2, 5, 6, 50, 51, 100, 101, 0]))
    assert {name: o.tolist() for name, o in outcomes.items()} == {
        "R@1": [1, 0, 0, 0, 0, 0, 0, 0, 0],
        "R@5": [1, 1, 1, 0, 0, 0, 0, 0, 0],
        "R@10": [1, 1, 1, 1, 0, 0, 0, 0, 0],
        "R@50": [1, 1, 1, 1, 1, 0, 0, 0, 0],
        "R@100": [1, 1, 1, 1, 1, 1, 1, 0, 0],
    }


@given(st.lists(st.integers(0, 200), min_size=1))
def test_recall_never_falls_with_k(ranks):
    recalls = [o.mean() for o in RULE.outcomes(np.array(ranks)).values()]
    assert recalls == sorted(recalls)


def test_refuses_a_split_without_the_columns(make_split):
    split = make_split([0, 1], [0], [1])
    RULE.check(split)
    bare = dataclasses.replace(
        split, images=dataclasses.replace(split.images, labels=None)
    )
    with pytest.raises(
        ValueError,
        match=r"'tirg/caption-match' does not fit the split 'test'.*"
        "without images.labels",
    ):
        RULE.check(bare)
    with pytest.raises(ValueError, match=r"without queries\.references, q"):
        RULE.check(dataclasses.replace(split, queries=None))


def test_refuses_a_split_without_answers(make_split):
    split = make_split([0, 1], [0, 1], [1, -1])
    with pytest.raises(
        ValueError,
        match=r"'test': it needs the answer of every query\. Received: 1 of 2 "
        r"queries without one\. .*keras_cmr\.evaluation\.write_cirr",
    ):
        RULE.check(split)
