"""A server that is killed, and writes that are cut short."""

import itertools
import threading
import time

import numpy as np
import pytest

from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval.milvus import backend as backends
from keras_cmr.retrieval.milvus import writing
from keras_cmr.retrieval.milvus.connection import Connection
from tests.retrieval.contract.expected import unit

WRITING = ("upsert", "delete", "alter_collection_properties")


class Cut(BaseException):
    """The program ends here."""


@pytest.fixture
def small_requests(monkeypatch):
    monkeypatch.setattr(writing, "_ROWS_PER_REQUEST", 3)


@pytest.fixture
def ten(location, model, small_requests):
    gallery = Gallery.create(location, model)
    rows = unit(np.random.default_rng(0), 10)
    gallery.add_embeddings(rows, list("abcdefghij"), [{"v": 0}] * 10)
    return gallery, rows


WRITES = {
    "add": lambda g, new: g.add_embeddings(new, list("klmnopqrst")),
    "update": lambda g, new: g.update(
        list("abcdefgh"), metadata=[{"v": 1}] * 8
    ),
    "remove": lambda g, new: g.remove(list("bcdefghi")),
}


def state(gallery):
    """What every way of looking at a gallery says; all must agree."""
    ids = gallery.ids
    query = np.eye(1, 16, dtype="f4")
    (hits,) = gallery.search_embeddings(query, 100)
    values = {hit.id: hit.metadata.get("v") for hit in hits}
    assert set(values) == set(ids) and len(gallery) == len(ids) == len(hits)
    assert gallery._backend.present([*ids, "?"]) == set(ids)
    gallery.verify()
    return [(id, values[id]) for id in ids]


def cut_after(patch, gallery, allowed):
    """Ends the program at a request that writes, after some of them."""
    request, number = Connection.__call__, itertools.count()

    def counting(self, method, *arguments, **options):
        ours = self is gallery._backend._connection
        if ours and method in WRITING and next(number) >= allowed:
            raise Cut
        return request(self, method, *arguments, **options)

    patch.setattr(Connection, "__call__", counting)


@pytest.mark.parametrize("kind", WRITES)
def test_a_write_cut_short_anywhere_is_there_whole_or_not(
    ten, location, model, kind, monkeypatch
):
    gallery, _ = ten
    new = unit(np.random.default_rng(2), 10)
    before = state(gallery)
    monkeypatch.setattr(backends, "_WRITER_GONE", 0.5)
    states = [before]
    for allowed in itertools.count():
        victim = Gallery.open(location, model)
        with monkeypatch.context() as patch:
            cut_after(patch, victim, allowed)
            with pytest.raises(Cut):
                WRITES[kind](victim, new)
        states.append(state(Gallery.open(location, model)))
        if states[-1] != before:
            break
    assert all(s == before for s in states[:-1])
    assert len(states) > 5
    after = state(Gallery.open(location, model))
    assert all(s == before for s in states[:-1])
    assert len(states) > 4
    want = {
        "add": [*before, *((id, None) for id in "klmnopqrst")],
        "update": [("i", 0), ("j", 0), *((id, 1) for id in "abcdefgh")],
        "remove": [("a", 0), ("j", 0)],
    }[kind]
    assert after == want
    # And it can be written to.
    gallery.add_embeddings(new[:1], ["last"])
    assert state(gallery) == [*want, ("last", None)]


def test_a_committed_write_is_completed_wherever_it_was_cut(
    ten, location, model, monkeypatch
):
    gallery, _ = ten
    monkeypatch.setattr(backends, "_WRITER_GONE", 0.5)
    for value in range(1, 5):
        monkeypatch.setattr(backends, "_PAUSE", 0.1)
        writer = gallery._backend._writer
        put, calls = writer._put_in_place, []

        def cut(keys, head, put=put, calls=calls, last=value - 1):
            calls.append(keys)
            if len(calls) > last:
                raise Cut
            put(keys, head)

        writer._put_in_place = cut
        if value < 4:
            with pytest.raises(Cut):
                gallery.update(list("abcdefgh"), metadata=[{"v": value}] * 8)
        else:
            with pytest.raises(Cut):
                gallery.remove(list("abcdefg"))
                gallery.remove(list("hij"))
        writer._put_in_place = put
        other = state(Gallery.open(location, model))
        assert state(gallery) == other
        if value < 4:
            assert other == [
                ("i", 0),
                ("j", 0),
                *((id, value) for id in "abcdefgh"),
            ]


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(
    milvus_server, location, model
):
    gallery = Gallery.create(location, model)
    rng = np.random.default_rng(0)
    acknowledged, errors = {}, []
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            ids = [f"{number} {i}" for i in range(20)]
            rows = unit(rng, 20)
            try:
                gallery.add_embeddings(rows, ids, [{"batch": number}] * 20)
            except ConnectionError as error:
                errors.append(error)
                return
            acknowledged.update(zip(ids, rows, strict=True))
            number += 1

    gallery._backend._connection.address = (
        gallery._backend._connection.address._replace(time_limit=3.0)
    )
    thread = threading.Thread(target=write)
    thread.start()
    while len(acknowledged) < 60:
        time.sleep(0.05)
    milvus_server.kill()
    try:
        started = time.monotonic()
        thread.join(timeout=60)
        with pytest.raises(ConnectionError, match="time limit 3 s"):
            gallery.search_embeddings(unit(rng, 1), 5)
        assert time.monotonic() - started < 20
        assert errors and "time limit 3 s" in str(errors[0])
    finally:
        stop.set()
        milvus_server.start()
    for each in (Gallery.open(location, model), gallery):
        each._backend._connection.address = (
            each._backend._connection.address._replace(time_limit=60.0)
        )
        ids = [id for id, _ in state(each)]
        # All of each batch, those acknowledged and perhaps the one after.
        assert set(acknowledged) <= set(ids)
        assert len(ids) - len(acknowledged) in (0, 20)
        rows = np.stack(list(acknowledged.values()))
        found = each.search_embeddings(rows, 1)
        assert [hits[0].id for hits in found] == list(acknowledged)
    gallery.add_embeddings(unit(rng, 1), ["after"])
    assert gallery.ids[-1] == "after"


@pytest.mark.parametrize("kind", WRITES)
def test_two_writers_at_once_are_noticed_and_do_no_harm(
    ten, location, model, kind, monkeypatch
):
    gallery, _ = ten
    other = Gallery.open(location, model)
    new = unit(np.random.default_rng(2), 10)
    write, requests = Connection.write, itertools.count()

    def interrupted(self, collection, rows):
        ours = self is gallery._backend._connection
        if ours and collection.endswith("_rows") and next(requests) == 1:
            other.add_embeddings(-new[:1], ["other"])
        return write(self, collection, rows)

    monkeypatch.setattr(Connection, "write", interrupted)
    before = state(other)
    with pytest.raises(RuntimeError, match=r"Another program.*nothing was wri"):
        WRITES[kind](gallery, new)
    for each in (gallery, other, Gallery.open(location, model)):
        assert state(each) == [*before, ("other", None)]
    other.add_embeddings(new[1:2], ["last"])
    assert state(other) == [*before, ("other", None), ("last", None)]
