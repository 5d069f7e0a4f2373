"""The approximate index, on a real server."""

import numpy as np
import pytest

from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval.milvus import calibration
from keras_cmr.retrieval.milvus import searching
from tests.retrieval.contract.expected import unit

# Odd, which the index does not take; one sealed segment of over 1,024 rows.
DIM, ROWS = 33, 3_000


@pytest.fixture(scope="module")
def vectors():
    return unit(np.random.default_rng(0), ROWS, DIM)


@pytest.fixture(scope="module")
def queries():
    return unit(np.random.default_rng(1), 40, DIM)


def found(gallery, queries, k=10, **options):
    hits = gallery.search_embeddings(queries, k, **options)
    return [[int(hit.id) for hit in one] for one in hits]


def recall(answers, queries, vectors, rows):
    """Share of the ten best of `rows` that was found."""
    rows = np.asarray(rows)
    best = rows[np.argsort(-(queries @ vectors[rows].T), axis=1)[:, :10]]
    pairs = zip(answers, best.tolist(), strict=True)
    return np.mean([len(set(a) & set(b)) / len(b) for a, b in pairs])


def test_compact_calibrates_and_rare_conditions_stay_exact(
    location, model, vectors, queries, monkeypatch
):
    gallery = Gallery.create(location, model, 0.9, 256)
    metadata = [{"third": i % 3, "rare": i % 500} for i in range(ROWS)]
    ids = [str(i) for i in range(ROWS)]
    gallery.add_embeddings(vectors, ids, metadata)
    everything, rare = range(ROWS), range(7, ROWS, 500)
    assert gallery.stats()["engine"] == "milvus FLAT (exact)"
    # Exact: nothing is missed, of the whole and of few.
    assert recall(found(gallery, queries), queries, vectors, everything) == 1
    gallery.compact(queries=queries)
    stats = Gallery.open(location, model).stats()
    assert stats["engine"] == "milvus SCANN"
    measured = stats["calibration"]
    assert measured["reached"] and measured["rows"] == ROWS
    for result in measured["results"]:
        assert result["recall"] >= 0.9
        assert len(result["curve"]) > 2
        # The first place on the curve is not enough, or nothing was measured.
        assert result["curve"][1][2] < 0.9
    answers = found(gallery, queries)
    assert recall(answers, queries, vectors, everything) >= 0.85
    assert len(answers[0]) == 10
    answers = found(gallery, queries, where={"rare": 7})
    assert recall(answers, queries, vectors, rare) == 1
    assert (
        found(gallery, queries[:1], ROWS + 5, exclude=[["3"]])[0].count(3) == 0
    )
    assert len(found(gallery, queries[:1], ROWS + 5)[0]) == ROWS
    # Conditions that hold for many go to the server too.
    monkeypatch.setattr(searching, "RARE", 0)
    thirds = range(1, ROWS, 3)
    answers = found(gallery, queries, where={"third": 1})
    assert recall(answers, queries, vectors, thirds) >= 0.85
    assert all(row % 3 == 1 for rows in answers for row in rows)
    # What calibration takes for exact is.
    monkeypatch.setattr(
        calibration, "parameters", lambda *_: calibration.widest(ROWS)
    )
    assert recall(found(gallery, queries), queries, vectors, everything) == 1
    assert gallery.verify() == {"rows": ROWS}
    # Few again: exact again.
    gallery.remove(ids[200:])
    gallery.compact(recall_target=0.8)
    stats = gallery.stats()
    assert stats["engine"] == "milvus FLAT (exact)"
    assert stats["recall_target"] == 0.8 and stats["calibration"] is None
    answers = found(gallery, queries)
    assert recall(answers, queries, vectors, range(200)) == 1


def test_a_long_list_is_scored_here(
    location, model, vectors, queries, monkeypatch
):
    gallery = Gallery.create(location, model)
    ids = [str(i) for i in range(300)]
    gallery.add_embeddings(vectors[:300], ids, [{"n": i} for i in range(300)])
    monkeypatch.setattr(searching, "REQUEST_LIMIT", 20)
    monkeypatch.setattr(searching, "_ROWS_PER_SCAN", 70)
    exclude = [["5", "6"]] * 2
    answers = found(gallery, queries[:2], 60, exclude=exclude)
    rows = np.delete(np.arange(300), [5, 6])
    for answer, query in zip(answers, queries, strict=False):
        order = np.argsort(-(vectors[rows] @ query), kind="stable")[:60]
        assert answer == rows[order].tolist()
    (few,) = found(gallery, queries[:1], 60, where={"n": {"$lt": 30}})
    order = np.argsort(-(vectors[:30] @ queries[0]), kind="stable")
    assert few == order.tolist()
