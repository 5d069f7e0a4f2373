import numpy as np
import pytest

from keras_cmr.retrieval.exclusion import Exclusion

EXCLUDED = [[5, 1], [], [0, 9], [3, 4]]


@pytest.fixture
def exclusion():
    return Exclusion([np.array(rows, np.int64) for rows in EXCLUDED])


def pairs(exclusion):
    return sorted(
        zip(exclusion.queries.tolist(), exclusion.rows.tolist(), strict=True)
    )


def test_part_gives_the_pairs_inside_a_block(exclusion):
    got = exclusion.part(slice(1, 4), slice(3, 10))
    want = [
        (q - 1, r - 3)
        for q, rows in enumerate(EXCLUDED)
        for r in rows
        if q >= 1 and r >= 3
    ]
    assert sorted(zip(*got, strict=True)) == sorted(want)
    assert exclusion.counts.tolist() == [2, 0, 2, 2]


def test_select_keeps_the_given_queries(exclusion):
    got = exclusion.select(np.array([3, 0]))
    assert got.counts.tolist() == [2, 2]
    assert got.rows.tolist() == [3, 4, 5, 1]
    assert got.queries.tolist() == [0, 0, 1, 1]


def test_within_counts_by_places_of_some_rows(exclusion):
    rows = np.array([1, 3, 8, 9])
    got = exclusion.within(rows)
    want = [
        (q, rows.tolist().index(r))
        for q, out in enumerate(EXCLUDED)
        for r in out
        if r in rows
    ]
    assert pairs(got) == sorted(want)
    assert len(got.counts) == len(EXCLUDED)


def test_drop_takes_the_score_of_excluded_results(exclusion):
    rows = np.array([[5, 2, 1], [5, 1, 0], [9, 9, 3], [0, 1, 2]])
    scores = np.ones((4, 3), np.float32)
    exclusion.drop(rows, scores)
    want = [
        [-np.inf if r in out else 1.0 for r in found]
        for found, out in zip(rows.tolist(), EXCLUDED, strict=True)
    ]
    assert scores.tolist() == want


def test_nothing_is_excluded():
    assert Exclusion.nothing(3).counts.tolist() == [0, 0, 0]
