"""Many threads search beside one that writes."""

import threading
import time

import numpy as np
import pytest

from keras_cmr.retrieval import Gallery
from tests.retrieval.dictionary import clustered_rows
from tests.retrieval.dictionary import random_rows


def run_beside(readers, write):
    """Runs readers until `write` returns; raises what any of them raised."""
    stop, errors, rounds = threading.Event(), [], [0] * len(readers)

    def loop(number):
        try:
            while not stop.is_set():
                readers[number]()
                rounds[number] += 1
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=loop, args=(i,)) for i in range(len(readers))
    ]
    for thread in threads:
        thread.start()
    try:
        write()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
    assert min(rounds) > 0


@pytest.mark.parametrize("exact_below", [20_000, 256])
def test_no_reader_errs_or_finds_what_was_removed_before(
    tmp_path, model, exact_below, scann
):
    gallery = Gallery.create(tmp_path / "g", model, 0.5, exact_below)
    rows = clustered_rows(400)
    gallery.add_embeddings(
        rows, [str(i) for i in range(400)], [{"n": i % 7} for i in range(400)]
    )
    gallery.compact()
    removed, rng = [], np.random.default_rng(0)

    def search():
        gone = set(removed)
        queries = rows[rng.integers(0, 400, 3)]
        for hits in gallery.search_embeddings(queries, 20):
            assert len(hits) == 20 and not gone & {hit.id for hit in hits}

    def filtered():
        gone = set(removed)
        for hits in gallery.search_embeddings(rows[:1], 20, where={"n": 3}):
            assert not gone & {hit.id for hit in hits}
            assert all(hit.metadata["n"] == 3 for hit in hits)

    def excluding():
        id = gallery.ids[-1]
        try:
            (hits,) = gallery.search_embeddings(rows[:1], 5, [[id]])
        except ValueError as error:
            assert "must be in the gallery" in str(error)  # just removed
        else:
            assert id not in {hit.id for hit in hits}

    def reading():
        everything = gallery.ids
        gallery.stats()
        gallery._backend.records(everything[-5:])
        count = sum(len(part.ids) for part in gallery._backend.rows(50))
        assert count >= 300

    def write():
        end, number = time.monotonic() + 3, 0
        while time.monotonic() < end:
            fresh = [f"new {number} {i}" for i in range(5)]
            gallery.add_embeddings(random_rows(5, 32, number), fresh)
            gallery.update(fresh[:2], metadata=[{"n": 3}] * 2)
            gone = [*fresh[2:], str(number % 100)]
            gone = [id for id in gone if id in gallery]
            gallery.remove(gone)
            removed.extend(gone)
            if number % 10 == 9:
                gallery.compact()
            number += 1

    run_beside([search, filtered, excluding, reading], write)
    gallery.verify()


def test_an_id_removed_after_it_was_checked_is_no_error(gallery, files):
    """Between the check of a query and its search, anything may go."""
    gallery.add(files, ids=list("abcdef"), verbose=0)
    backend = gallery._backend
    real = type(backend).search

    def search(queries, k, exclude, where):
        gallery.remove(["b"])
        return real(backend, queries, k, exclude, where)

    backend.search = search
    hits = gallery.search(files[0], k=6, exclude=["b", "c"])
    assert {hit.id for hit in hits} == set("def")
    backend.records = lambda ids: [None]
    with pytest.raises(ValueError, match="`reference_id` must have"):
        gallery.search(reference_id="c")
