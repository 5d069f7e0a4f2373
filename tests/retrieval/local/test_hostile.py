"""Names, sizes and orders of writes that nobody would expect."""

import numpy as np
import pytest

from keras_cmr.retrieval import Gallery
from tests.retrieval.dictionary import assert_best
from tests.retrieval.dictionary import best
from tests.retrieval.dictionary import random_rows
from tests.retrieval.dictionary import unit
from tests.retrieval.fake_model import FakeModel
from tests.retrieval.local.writes import content
from tests.retrieval.local.writes import equal

STRANGE = [
    "a\nb",
    "ü\u2028",
    '"quoted"',
    "'; drop table rows; --",
    "x\ry",
    "a\x00",
    "a",
    "\U0001f45f",
    "\ufeffbom",
    "é",
    "e\u0301",
    "../../etc/passwd",
    "long " * 40_000,
    "null",
    "%s {} \\",
]


def reopened(gallery):
    opened = Gallery.open(gallery.stats()["location"], FakeModel())
    opened.verify()
    assert equal(content(opened), content(gallery))
    return opened


def test_strange_names_survive(gallery):
    metadata = [{"x": id, id: [None, 1.5, {"z": True}]} for id in STRANGE]
    metadata[0]["\udcff"] = "\ud800"  # JSON holds what UTF-8 cannot
    rows = random_rows(len(STRANGE), 32)
    paths = [f"/p/{id}" if len(id) < 200 else None for id in STRANGE]
    paths[STRANGE.index("a\x00")] = None  # no file has such a name
    gallery.add_embeddings(rows, STRANGE, metadata, paths)
    for one in (gallery, reopened(gallery)):
        assert one.ids == tuple(STRANGE)
        for number, id in enumerate(STRANGE):
            where = {"x": id}
            (hits,) = one.search_embeddings(rows[:1], 99, where=where)
            assert [h.id for h in hits] == [id]
            assert hits[0].metadata == metadata[number]
    gallery.remove(STRANGE[::2])
    one = reopened(gallery)
    assert one.ids == tuple(STRANGE[1::2])
    one.update(STRANGE[1::4], metadata=[{"'": '"'}] * len(STRANGE[1::4]))
    one.compact()
    reopened(one)


def test_five_thousand_keys(gallery):
    wide = {f"key {i}": i for i in range(5000)}
    gallery.add_embeddings(
        random_rows(3, 32), ["a", "b", "c"], [wide, {}, {"key 7": 8}]
    )
    for i in range(0, 5000, 50):
        (hits,) = gallery.search_embeddings(
            random_rows(1, 32), 3, where={f"key {i}": i}
        )
        assert [hit.id for hit in hits] == ["a"]
    assert (
        reopened(gallery)
        .search_embeddings(random_rows(1, 32), 3, where={"key 7": {"$gt": 7}})[
            0
        ][0]
        .id
        == "c"
    )


@pytest.mark.parametrize("dim", [1, 2, 3, 7, 2048])
@pytest.mark.parametrize("n", [1, 4500])
def test_any_width_and_number(tmp_path, model, dim, n):
    n = min(n, (1 << 20) // dim)
    rows = random_rows(n, dim)
    gallery = Gallery.create(tmp_path / "g", model)
    names = [str(i) for i in range(n)]
    gallery.add_embeddings(rows, names)
    gallery.remove(names[: n // 2])
    gallery.update(names[-1:], metadata=[{"n": 1}])
    gallery.compact()
    one = reopened(gallery)
    query = random_rows(2, dim, seed=4)
    for hits, asked in zip(one.search_embeddings(query, 5), query, strict=True):
        left = {id: (rows[int(id)], {}) for id in one.ids}
        assert_best(hits, best(left, asked, 5))


def test_all_rows_equal(tmp_path, model, scann):
    gallery = Gallery.create(tmp_path / "g", model, 1.0, exact_below=256)
    rows = np.tile(unit(np.arange(1, 9)[None]), (400, 1))
    gallery.add_embeddings(rows, [str(i) for i in range(400)])
    for _ in range(2):
        (hits,) = gallery.search_embeddings(rows[:1], 400)
        assert {hit.id for hit in hits} == set(gallery.ids)
        assert np.allclose([hit.score for hit in hits], 1, atol=1e-5)
        (hits,) = gallery.search_embeddings(rows[:1], 5, [["0", "3"]])
        assert len(hits) == 5 and not {"0", "3"} & {hit.id for hit in hits}
        gallery.compact()
        assert gallery.stats()["engine"] == "scann"


def test_every_row_updated_and_all_removed_and_added_again(
    tmp_path, model, scann
):
    gallery = Gallery.create(tmp_path / "g", model, 1.0, exact_below=256)
    names = [str(i) for i in range(300)]
    gallery.add_embeddings(random_rows(300, 8), names)
    gallery.compact()
    gallery.update(names, metadata=[{"n": i} for i in range(300)])
    assert gallery.stats()["unindexed"] == 300
    assert_best(
        reopened(gallery).search_embeddings(random_rows(1, 8, 3), 10)[0],
        best(content(gallery), random_rows(1, 8, 3)[0], 10),
    )
    gallery.remove(names)
    assert (
        reopened(gallery).search_embeddings(random_rows(1, 8), 3)[0].reason
        == "the gallery is empty"
    )
    gallery.compact()
    assert gallery.stats()["engine"] == "exact"
    rows = random_rows(300, 8, seed=9)
    gallery.add_embeddings(rows, names[::-1])
    assert gallery.ids == tuple(names[::-1])
    (hits,) = reopened(gallery).search_embeddings(rows[:1], 1)
    assert hits[0].id == "299"
    gallery.compact()
    assert reopened(gallery).stats()["engine"] == "scann"
