"""Repeated rows are found, and put back where they were."""

import numpy as np

from keras_cmr.models.repeats import distinct_rows


def test_repeated_rows():
    array = np.array([[3, 1], [0, 0], [3, 1], [1, 3], [0, 0]])
    rows, where = distinct_rows(array)
    assert rows.tolist() == [[3, 1], [0, 0], [1, 3]]
    assert where.tolist() == [0, 1, 0, 2, 1]


def test_without_repeats_the_array_itself():
    array = np.arange(6).reshape(3, 2)
    rows, where = distinct_rows(array)
    assert rows is array
    assert where.tolist() == [0, 1, 2]


def test_no_rows():
    assert distinct_rows(np.zeros((0, 2)))[1].tolist() == []
