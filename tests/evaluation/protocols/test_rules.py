"""Each rule on score matrices small enough to read.

The gallery is the identity, so that row `i` of the queries holds the scores of
query `i` against every image.
"""

import json
import pathlib

import numpy as np
import pytest

from keras_cmr.evaluation import get_protocol
from keras_cmr.evaluation import target_ranks
from keras_cmr.evaluation.protocols import PROTOCOLS

# Image:     0    1    2    3    4    5
SCORES = [
    [0.9, 0.5, 0.4, 0.8, 0.1, 0.2],  # order: 0 3 1 2 5 4
    [0.3, 0.9, 0.8, 0.1, 0.7, 0.2],  # order: 1 2 4 0 5 3
]


def ranks(name, split):
    rule = get_protocol(name)
    rule.check(split)
    return rule.rank(split, np.array(SCORES), np.eye(6)).tolist()


@pytest.fixture
def split(named_split):
    # Query 0: from image 0 to 2; query 1: from image 1 to 4.
    return named_split(6, [0, 1], [[2], [4]])


@pytest.mark.parametrize(
    ("name", "expected", "searched"),
    [
        ("fashioniq/original-kept", [4, 3], 6),
        ("fashioniq/original-removed", [3, 2], 6),
        # Of the images 0, 1, 2, 4: no 3 and no 5.
        ("fashioniq/val-union-kept", [3, 3], 4),
        ("fashioniq/val-union-removed", [2, 2], 4),
        ("shoes/kept", [4, 3], 6),
        ("shoes/removed", [3, 2], 6),
        ("cirr/val", [3, 2], 6),
        ("triplets/target-id", [3, 2], 6),
    ],
)
def test_one_right_image(name, expected, searched, split):
    assert ranks(name, split) == expected
    assert get_protocol(name).num_candidates(split) == searched


def test_only_triplets_accept_any_named_target(named_split):
    split = named_split(6, [0, 1], [[2, 3], [4, 2]])
    assert ranks("triplets/target-id", split) == [1, 1]
    assert ranks("cirr/val", split) == [3, 2]
    assert ranks("shoes/kept", split) == [4, 3]
    # The second target of a query is not part of the union either.
    rule = get_protocol("fashioniq/val-union-kept")
    assert rule.num_candidates(split) == 4


def test_a_twin_of_the_target_is_wrong_where_ids_count(named_split):
    split = named_split(3, [0], [[1]])
    gallery = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    query = np.array([[1.0, 0.0]])
    assert get_protocol("cirr/val").rank(split, query, gallery).tolist() == [2]


def test_cirr_subset(named_split):
    # Query 0 ranks 3, 2, 5; query 1 ranks 0, 4, 3. A reference that stands
    # in the subset is removed.
    split = named_split(6, [0, 1], [[2], [4]], [[2, 3, 5, 0], [0, 4, 3]])
    assert ranks("cirr/subset", split) == [2, 1]
    assert get_protocol("cirr/subset").num_candidates(split) == 4
    outcomes = get_protocol("cirr/subset").outcomes(np.array([1, 2, 3, 4, 0]))
    assert {name: o.tolist() for name, o in outcomes.items()} == {
        "R_s@1": [1, 0, 0, 0, 0],
        "R_s@2": [1, 1, 0, 0, 0],
        "R_s@3": [1, 1, 1, 0, 0],
    }


def test_mit_states(named_split):
    split = named_split(
        6,
        [0, 1],
        [[2], [4, 5]],
        attributes={
            "adjective": ["old", "new", "wet", "old", "wet", "wet"],
            "noun": ["car", "car", "car", "dog", "dog", "dog"],
        },
    )
    # Query 0 wants wet and car: of 3 1 2 5 4 the third, the second.
    # Query 1 wants wet and dog: of 2 4 0 5 3 the first, the second.
    assert ranks("mit-states/adjective", split) == [3, 1]
    assert ranks("mit-states/noun", split) == [2, 2]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Query 0: of 0 3 1 2 5 4 the images 3, 2, 4. Query 1: of 1 2 4 0 5 3
        # the images 1 (its reference) and 0.
        ("circo/kept", [[2, 4, 6], [1, 4, 0]]),
        ("circo/removed", [[1, 3, 5], [3, 0, 0]]),
    ],
)
def test_circo_ranks(name, expected, named_split):
    split = named_split(6, [0, 1], [[3, 2, 4], [0, 1]])
    assert ranks(name, split) == expected


FIGURES = {
    "tirg/caption-match": ["R@1", "R@5", "R@10", "R@50", "R@100"],
    "mit-states/noun": ["R@1", "R@5", "R@10", "R@50", "R@100"],
    "fashioniq/original-kept": ["R@10", "R@50"],
    "fashioniq/val-union-removed": ["R@10", "R@50"],
    "shoes/kept": ["R@1", "R@10", "R@50"],
    "cirr/val": ["R@1", "R@5", "R@10", "R@50"],
    "triplets/target-id": ["R@1", "R@5", "R@10", "R@50", "R@100"],
}


@pytest.mark.parametrize("name", FIGURES)
def test_recall_figures(name):
    outcomes = get_protocol(name).outcomes(np.array([1, 10, 11, 50, 51, 0]))
    assert list(outcomes) == FIGURES[name]
    assert outcomes["R@10"].tolist() == [1, 1, 0, 0, 0, 0]
    assert outcomes["R@50"].tolist() == [1, 1, 1, 1, 0, 0]


FASHION_IQ = (
    pathlib.Path(__file__).parents[4] / "shared/data/annotations/fashion_iq"
)


@pytest.mark.skipif(
    not FASHION_IQ.is_dir(), reason="needs the annotations of ../shared/data"
)
@pytest.mark.parametrize(
    ("category", "whole", "union"),
    [("dress", 3817, 2628), ("shirt", 6346, 3089), ("toptee", 5373, 2902)],
)
def test_fashioniq_galleries(category, whole, union, named_split):
    """The sizes that VAL's and CLIP4Cir's users report."""

    def read(folder, file):
        path = FASHION_IQ / folder / f"{file}.{category}.val.json"
        return json.loads(path.read_text(encoding="utf-8"))

    index = {name: i for i, name in enumerate(read("image_splits", "split"))}
    queries = read("captions", "cap")
    split = named_split(
        len(index),
        [index[query["candidate"]] for query in queries],
        [[index[query["target"]]] for query in queries],
    )
    for gallery, size in (("original", whole), ("val-union", union)):
        for reference in ("kept", "removed"):
            rule = get_protocol(f"fashioniq/{gallery}-{reference}")
            assert rule.num_candidates(split) == size


@pytest.mark.parametrize("name", PROTOCOLS)
def test_what_is_searched_and_right_gives_the_rule_again(name, named_split):
    # Whoever ranks other vectors than a split's queries needs these two.
    split = named_split(
        6,
        [0, 1],
        [[2, 3], [4]],
        subsets=[[2, 3, 5, 0], [0, 4, 3]],
        attributes={
            "adjective": ["a", "b", "c", "c", "b", "a"],
            "noun": ["x", "y", "y", "x", "x", "y"],
        },
    )
    rule = get_protocol(name)
    expected = rule.rank(split, np.array(SCORES), np.eye(6))
    right, space = rule.right(split), rule.search_space(split)
    if name == "tirg/caption-match":
        right = [own[:1] for own in right]  # every image has its own label
    found = target_ranks(np.array(SCORES), np.eye(6), right, **space)
    best = expected if expected.ndim == 1 else expected[:, 0]
    assert found.tolist() == best.tolist()
