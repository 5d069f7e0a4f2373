import numpy as np
import pytest

from keras_cmr.retrieval.exclusion import Exclusion

EXCLUDED = [[5, 1, 5], [], (0, 9), np.array([3, 4], np.uint32)]


def test_part_gives_the_pairs_inside_a_block():
    exclusion = Exclusion.checked(EXCLUDED, 4, 10)
    got = exclusion.part(slice(1, 4), slice(3, 10))
    want = [
        (q - 1, r - 3)
        for q, rows in enumerate(EXCLUDED)
        for r in rows
        if q >= 1 and r >= 3
    ]
    assert sorted(zip(*got, strict=True)) == sorted(want)
    assert exclusion.counts.tolist() == [2, 0, 2, 2]


def test_select_keeps_the_given_queries():
    got = Exclusion.checked(EXCLUDED, 4, 10).select(np.array([3, 0]))
    assert got.counts.tolist() == [2, 2]
    assert got.rows.tolist() == [3, 4, 1, 5]
    assert got.queries.tolist() == [0, 0, 1, 1]


def test_none_excludes_nothing():
    assert Exclusion.checked(None, 3, 10).counts.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        (7, TypeError, "`exclude` must be None or a list.*Received: 7"),
        ("ab", TypeError, "`exclude` must be None or a list"),
        ([[1]], ValueError, "one sequence .* per query. Received: 1 for 2"),
        ([[1], 3], TypeError, "one sequence of row numbers.*Received: 3"),
        ([[1], "3"], TypeError, "one sequence of row numbers.*Received: '3'"),
        ([[1], ["3"]], TypeError, r"\(integers\). Received: \['3'\]"),
        ([[1], [0.5]], TypeError, r"\(integers\). Received: \[0.5\]"),
        ([[1], [True]], TypeError, r"\(integers\). Received: \[True\]"),
        ([[1], [10]], ValueError, "from 0 to 9. Received"),
        ([[-1], [1]], ValueError, "from 0 to 9. Received"),
    ],
)
def test_bad_rows_are_refused(rows, error, message):
    with pytest.raises(error, match=message):
        Exclusion.checked(rows, 2, 10)
