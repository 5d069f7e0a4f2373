import json
import threading

import numpy as np
import pytest

from keras_cmr.retrieval.local import metadata_columns
from keras_cmr.retrieval.local.metadata_columns import MetadataColumns
from keras_cmr.retrieval.where import Where

ROWS = [
    {"a": 1, "b": "x"},
    {"a": 1.0, "b": ["x", 2]},
    None,
    {"a": True},
    {"a": "1", "b": None},
    {"b": {"z": 1, "y": 2}},
    {"b": {"y": 2, "z": 1}},
    {"a": 2},
]
ASKED = [
    {"a": 1},
    {"a": True},
    {"a": "1"},
    {"a": {"$gte": 1}},
    {"a": {"$ne": 1}},
    {"b": {"$contains": "x"}},
    {"a": 1, "b": ["x", "y"]},
    {"a": {"$gt": 0, "$lt": 2}},
    {"none": 1},
    {"none": {"$ne": 1}},
]


def by_hand(rows, where):
    parsed = Where.parse(where)
    return [row is not None and parsed.holds(row) for row in rows]


def texts(rows):
    return [None if row is None else json.dumps(row) for row in rows]


@pytest.mark.parametrize("where", ASKED)
def test_equals_asking_every_row(where):
    columns = MetadataColumns(texts(ROWS))
    for _ in range(2):
        got = columns.mask(Where.parse(where))
        assert got.dtype == bool and got.tolist() == by_hand(ROWS, where)


def test_rows_that_came_since_are_read(monkeypatch):
    metadata = texts(ROWS[:3])
    columns = MetadataColumns(metadata)
    for end in range(4, len(ROWS) + 1):
        metadata.append(texts(ROWS)[end - 1])
        for where in ASKED:
            got = columns.mask(Where.parse(where)).tolist()
            assert got == by_hand(ROWS[:end], where)


def test_no_rows_have_no_mask():
    assert MetadataColumns([]).mask(Where.parse({"a": 1})).shape == (0,)


def test_any_number_of_keys_holds_a_few(monkeypatch):
    monkeypatch.setattr(metadata_columns, "_KEYS", 3)
    rows = [{f"key {i}": i for i in range(5000)}, {"key 7": 8}]
    columns = MetadataColumns(texts(rows))
    for i in [*range(20), 7, 19, 4999]:
        where = {f"key {i}": i}
        got = columns.mask(Where.parse(where)).tolist()
        assert got == by_hand(rows, where)
    assert len(columns._columns) == 3


def test_threads_may_ask_at_once(monkeypatch):
    monkeypatch.setattr(metadata_columns, "_KEYS", 2)
    rows = [{"a": i % 3, "b": i % 5, "c": i % 7} for i in range(2000)]
    columns, errors = MetadataColumns(texts(rows)), []
    wants = {key: by_hand(rows, {key: 1}) for key in "abc"}

    def ask(seed):
        for key in np.random.default_rng(seed).choice(list("abc"), 20):
            if columns.mask(Where.parse({key: 1})).tolist() != wants[key]:
                errors.append(key)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
