import numpy as np
import pytest

from keras_cmr.retrieval.backend import Record
from keras_cmr.retrieval.local.columns import Columns
from keras_cmr.retrieval.local.rows import Rows
from keras_cmr.retrieval.local.table import Snapshot


def columns(serials, paths=None):
    n = len(serials)
    return Columns(
        np.array(serials, np.int64),
        [f"id {s}\0" for s in serials],
        paths or [None] * n,
        [f'{{"n": {s}}}' for s in serials],
        None,
        None,
    )


@pytest.fixture
def rows():
    """Rows 10, 11 and 13 of five; the second and the last were removed."""
    blocks = [np.zeros((2, 4)), np.zeros((3, 4))]
    places = np.array([0, 2, 3])
    return Rows(
        Snapshot(places, columns([10, 11, 13], ["/a", "/b", "/a"]), blocks)
    )


def test_living_rows_stand_where_their_vectors_do(rows):
    assert (len(rows), rows.count) == (5, 3)
    assert rows.living().tolist() == [0, 2, 3]
    assert rows.alive.tolist() == [True, False, True, True, False]
    assert rows.serials[rows.living()].tolist() == [10, 11, 13]
    assert [rows.row(f"id {s}\0") for s in (10, 11, 13)] == [0, 2, 3]
    assert "id 12\0" not in rows and "id 13" not in rows
    assert rows.record(3) == Record("id 13\0", "/a", {"n": 13})


def test_rows_are_appended_and_killed(rows):
    assert rows.rows_of_path("/a") == [0, 3]
    rows.append(columns([20, 21], ["/a", None]))
    assert (len(rows), rows.count, rows.row("id 21\0")) == (7, 5, 6)
    assert rows.rows_of_path("/a") == [0, 3, 5]
    rows.kill(np.array([3, 6]))
    assert rows.living().tolist() == [0, 2, 5]
    assert "id 21\0" not in rows and rows.count == 3
    assert rows.rows_of_path("/a") == [0, 5] and rows.rows_of_path("/c") == []
    rows.append(columns([21]))
    assert rows.row("id 21\0") == 7


def test_an_id_in_several_rows_is_damage():
    twice = columns([10, 10])
    with pytest.raises(ValueError, match="an id stands in several rows"):
        Rows(Snapshot(np.array([0, 1]), twice, [np.zeros((2, 4))]))
