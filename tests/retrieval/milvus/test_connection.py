import socket
import sys
import time

import numpy as np
import pytest

from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval.milvus.manifest import Manifest
from keras_cmr.retrieval.milvus.searching import Searcher


def test_the_extra_is_named_where_pymilvus_is_missing(monkeypatch, model):
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(ImportError, match=r"keras-cmr\[milvus\]"):
        Gallery.open("milvus://127.0.0.1/shoes", model)


def test_a_server_that_is_not_there_is_an_error_in_time(model):
    pytest.importorskip("pymilvus")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        location = f"milvus://127.0.0.1:{port}/shoes?timeout=1"
        started = time.monotonic()
        with pytest.raises(ConnectionError, match=f":{port}/shoes .*1 s"):
            Gallery.open(location, model)
    assert time.monotonic() - started < 15


def test_a_folders_setting_is_refused_before_anything_is_asked(model):
    with pytest.raises(ValueError, match=r"`reorder` is for.*'int8'"):
        Gallery.create("milvus://nowhere/shoes", model, reorder="int8")


class Losing:
    """A server that does not have all of its rows at hand."""

    connection = type("", (), {"address": "milvus://host:1/shoes"})
    asked = 0

    def count(self, condition=None):
        return 9

    def query(self, condition, columns):
        self.asked += 1
        return []

    def in_order(self, columns, step, condition):
        self.asked += 1
        yield []


@pytest.mark.parametrize("k", [3, 20_000])
def test_a_partial_answer_is_an_error(k, monkeypatch):
    manifest = Manifest("f", 0.9, 256, dim=2, count=30_000)
    losing = Losing()
    searcher = Searcher(losing, lambda: manifest, lambda: manifest)
    monkeypatch.setattr(searcher, "ask", lambda queries, *_: [[]])
    with pytest.raises(RuntimeError, match=r"Partial answer.*shoes.*0 rows"):
        searcher.search(np.eye(1, 2, dtype="f4"), k, [set()], None)
