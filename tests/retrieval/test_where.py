import numpy as np
import pytest

from keras_cmr.retrieval.where import Where

BOOKS = {
    "a": {"brand": "x", "year": 2023, "price": 9.5, "tags": ["new", 7]},
    "b": {"brand": "y", "year": 2024, "price": 50, "tags": []},
    "c": {"brand": "x", "year": 2025.0, "sale": True},
    "d": {"brand": None, "year": "2024", "price": True, "sale": 1},
    "e": {},
}


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ({"brand": "x"}, "ac"),
        ({"brand": ["y", "z"]}, "b"),
        ({"brand": ("x", "y")}, "abc"),
        ({"brand": []}, ""),
        ({"year": 2024}, "b"),
        ({"year": 2025}, "c"),
        ({"year": {"$gt": 2023}}, "bc"),
        ({"year": {"$gte": 2023, "$lt": 2025}}, "ab"),
        ({"price": {"$lte": 50}}, "ab"),
        ({"price": {"$lt": 50.0}}, "a"),
        ({"brand": {"$ne": "x"}}, "bd"),
        ({"brand": {"$in": ["x"]}, "year": 2023}, "a"),
        ({"tags": {"$contains": "new"}}, "a"),
        ({"tags": {"$contains": 7.0}}, "a"),
        ({"tags": "new"}, ""),
        ({"sale": True}, "c"),
        ({"sale": 1}, "d"),
        ({"sale": {"$ne": True}}, "d"),
        ({"none": 1}, ""),
        ({"none": {"$ne": 1}}, ""),
    ],
)
def test_which_metadata_satisfy_a_condition(where, ids):
    parsed = Where.parse(where)
    assert [id for id, m in BOOKS.items() if parsed.holds(m)] == list(ids)


def test_nothing_asked_for_is_no_condition():
    assert Where.parse(None) is None and Where.parse({}) is None


def test_it_reads_like_what_was_asked():
    parsed = Where.parse({"brand": "x", "price": {"$lt": 5}})
    assert str(parsed) == "brand $in ('x',) and price $lt 5"


@pytest.mark.parametrize(
    ("where", "error", "message"),
    [
        ("brand", TypeError, "`where` must be a dict.*'brand'"),
        ([("a", 1)], TypeError, "`where` must be a dict"),
        ({1: 2}, TypeError, "strings as keys. Received: 1"),
        ({"a": {}}, ValueError, r"must name an operator.*\{'a': \{\}\}"),
        ({"a": {"$like": 1}}, ValueError, r"use operators.*'\$like' for 'a'"),
        ({"a": {"gt": 1}}, ValueError, "use operators.*'gt'"),
        ({"a": {"$in": "x"}}, TypeError, r"needs a list for `\$in`.*'x'"),
        ({"a": {"$gt": "x"}}, TypeError, r"needs a number for `\$gt`.*'x'"),
        ({"a": {"$lt": True}}, TypeError, "needs a number"),
        ({"a": None}, TypeError, "compares with strings, numbers.*None"),
        ({"a": [[1]]}, TypeError, r"compares with .*\[1\]"),
        ({"a": float("nan")}, TypeError, "compares with .*nan"),
        ({"a": {"$ne": None}}, TypeError, "compares with"),
        ({"a": {"$contains": {}}}, TypeError, "compares with"),
    ],
)
def test_bad_conditions_are_refused(where, error, message):
    with pytest.raises(error, match=message):
        Where.parse(where)


def test_numbers_of_numpy_are_compared_as_what_they_are():
    assert not Where.parse({"x": np.float32(0.1)}).holds({"x": 0.1})
    assert Where.parse({"x": np.float32(0.5)}).holds({"x": 0.5})
    assert Where.parse({"x": [np.int64(3)]}).holds({"x": 3})
    assert Where.parse({"x": {"$gt": np.float32(0.1)}}).holds({"x": 0.2})
