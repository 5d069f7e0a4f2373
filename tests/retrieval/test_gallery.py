"""`Gallery` on a folder: making, opening, what a hit carries, its life."""

import contextlib
import inspect
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from keras_cmr import durable
from keras_cmr.retrieval import Gallery
from tests.retrieval.dictionary import assert_best
from tests.retrieval.dictionary import best
from tests.retrieval.dictionary import clustered_rows
from tests.retrieval.dictionary import random_rows
from tests.retrieval.fake_model import FakeModel


def ids(hits):
    return [hit.id for hit in hits]


def filled(folder, model, rows, **options):
    gallery = Gallery.create(folder, model, **options)
    names = [str(i) for i in range(len(rows))]
    gallery.add_embeddings(
        rows, names, metadata=[{"n": i} for i in range(len(rows))]
    )
    return gallery


def test_a_new_gallery_is_empty_and_already_there(tmp_path, model):
    gallery = Gallery.create(tmp_path / "a" / "b", model)
    assert len(gallery) == 0 and gallery.ids == () and "x" not in gallery
    reopened = Gallery.open(tmp_path / "a" / "b", model)
    assert len(reopened) == 0 and reopened.stats() == gallery.stats()
    assert gallery.stats() == {
        "location": f"{tmp_path}/a/b",
        "count": 0,
        "dim": None,
        "engine": "exact",
        "reason": "fewer images than exact_below=20000",
        "unindexed": 0,
        "removed": 0,
        "calibration": None,
        "recall_target": 0.98,
        "exact_below": 20_000,
        "reorder": "mapped",
        "fingerprint": model.fingerprint,
    }
    assert repr(reopened) == (
        f"Gallery('{tmp_path}/a/b', 0 images, engine='exact')"
    )
    assert gallery.verify() == {"rows": 0, "index_files": 0}
    gallery.compact()
    assert gallery.refresh() is False


def test_hits_carry_path_metadata_and_cosine(gallery, files, model, pixels):
    metadata = [{"n": i, "tags": ["a"]} for i in range(6)]
    gallery.add(files, ids=list("abcdef"), metadata=metadata, verbose=0)
    metadata[0]["tags"].append("changed later")
    hits = gallery.search(pixels(1, seed=9)[0], "in red", k=6)
    query = model.embed_queries(pixels(1, seed=9), ["in red"])[0]
    cosines = {
        id: float(np.dot(query, target))
        for id, target in zip(
            "abcdef", model.embed_targets(list(pixels(6))), strict=True
        )
    }
    assert [h.rank for h in hits] == [1, 2, 3, 4, 5, 6]
    assert ids(hits) == sorted(cosines, key=lambda i: -cosines[i])
    assert hits.reason is None
    for hit in hits:
        assert hit.score == pytest.approx(cosines[hit.id], abs=1e-6)
        number = "abcdef".index(hit.id)
        assert hit.path == str(files[number].resolve())
        assert hit.metadata == {"n": number, "tags": ["a"]}
    hits[0].metadata["n"] = "changed"
    again = gallery.search(pixels(1, seed=9)[0], "in red", k=1)[0]
    assert again.metadata["n"] != "changed"


@pytest.mark.parametrize("reorder", [None, "mapped", "bfloat16", "int8"])
def test_closing_moving_and_opening_keeps_the_ranking(
    tmp_path, model, reorder, scann
):
    rows = clustered_rows(400)
    options = {"exact_below": 300, "reorder": reorder} if reorder else {}
    gallery = filled(tmp_path / "a", model, rows, **options)
    gallery.compact()
    assert gallery.stats()["engine"] == ("scann" if reorder else "exact")
    queries = random_rows(5, 32, seed=3)
    want = gallery.search_embeddings(queries, 5)
    shutil.move(tmp_path / "a", tmp_path / "moved")
    opened = Gallery.open(tmp_path / "moved", model)
    same = {"location": f"{tmp_path}/moved"}
    assert opened.stats() == {**gallery.stats(), **same}
    for got, hits in zip(
        opened.search_embeddings(queries, 5), want, strict=True
    ):
        # ScaNN's candidates may swap where they tie in the last bit.
        assert ids(got) == ids(hits)
        assert [h.score for h in got] == pytest.approx(
            [h.score for h in hits], abs=1e-6
        )
        assert all(h.metadata == {"n": int(h.id)} for h in got)
    opened.verify()
    opened.add_embeddings(rows[:1], ["more"])
    assert len(Gallery.open(tmp_path / "moved", model)) == 401


def test_every_write_is_there_at_the_next_opening(gallery, model):
    rows = random_rows(6, 32)

    def opened():
        other = Gallery.open(gallery.stats()["location"], model)
        return {
            hit.id: (hit.score, hit.metadata)
            for hit in other.search_embeddings(rows[:1], 9)[0]
        }

    def cosine(i):
        return pytest.approx(float(rows[0] @ rows[i]), abs=1e-6)

    gallery.add_embeddings(rows[:3], list("abc"), metadata=[{"n": 1}] * 3)
    assert opened() == {id: (cosine(i), {"n": 1}) for i, id in enumerate("abc")}
    gallery.update(["b"], metadata=[{"n": 2}])
    assert opened()["b"] == (cosine(1), {"n": 2})
    gallery.remove(["a"])
    assert set(opened()) == {"b", "c"}
    gallery.add_embeddings(rows[3:4], ["a"])
    assert opened()["a"] == (cosine(3), {})
    gallery.compact()
    assert opened() == {
        "b": (cosine(1), {"n": 2}),
        "c": (cosine(2), {"n": 1}),
        "a": (cosine(3), {}),
    }
    # An update keeps an image's place no better than an addition does.
    assert gallery.ids == ("c", "b", "a")


@pytest.mark.parametrize("compacted", [False, True])
def test_vectors_of_large_additions_are_mapped(tmp_path, model, compacted):
    gallery = filled(tmp_path / "a", model, random_rows(4096, 8))
    if compacted:
        gallery.compact()
    opened = Gallery.open(tmp_path / "a", model)
    for one in (gallery, opened):
        ((_, block),) = one._backend._state.blocks.parts()
        base = block
        while base is not None and not isinstance(base, np.memmap):
            base = base.base
        assert isinstance(base, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            block[0, 0] = 1


def test_rows_beside_the_index_are_found_until_and_after_compact(
    tmp_path, model, scann
):
    rows = clustered_rows(400)
    gallery = filled(tmp_path / "a", model, rows, exact_below=300)
    gallery.compact()
    assert gallery.stats()["unindexed"] == 0
    gallery = Gallery.open(tmp_path / "a", model)
    fresh = random_rows(3, 32, seed=8)
    for number, row in enumerate(fresh):
        gallery.add_embeddings(row[None], [f"new {number}"])
    gallery.remove(["5", "new 1"])
    for one in (gallery, Gallery.open(tmp_path / "a", model)):
        stats = one.stats()
        assert (stats["unindexed"], stats["engine"]) == (2, "scann")
        for number in (0, 2):
            hit = one.search_embeddings(fresh[number][None], 2)[0][0]
            assert hit.id == f"new {number}"
            assert hit.score == pytest.approx(1, abs=1e-5)
        assert "5" not in ids(one.search_embeddings(rows[5:6], 401)[0])
    gallery.compact()
    assert gallery.stats()["unindexed"] == gallery.stats()["removed"] == 0
    assert gallery.search_embeddings(fresh[:1], 1)[0][0].id == "new 0"


def test_the_recall_target_can_be_changed(tmp_path, model, scann):
    gallery = filled(tmp_path / "a", model, clustered_rows(500))
    gallery.compact(recall_target=0.9)
    assert Gallery.open(tmp_path / "a", model).stats()["recall_target"] == 0.9
    for bad, error in ((2, ValueError), ("1", TypeError)):
        with pytest.raises(error, match="`recall_target`"):
            gallery.compact(recall_target=bad)
    gallery.compact()
    assert gallery.stats()["recall_target"] == 0.9


def test_the_manifest_keeps_the_measured_curve(tmp_path, model, scann):
    rows = clustered_rows(500)
    gallery = filled(
        tmp_path / "a", model, rows, recall_target=0.9, exact_below=300
    )
    gallery.compact()
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    assert manifest["engine"] == "scann" and manifest["recall_target"] == 0.9
    for result in manifest["calibration"]["results"]:
        assert result["recall"] >= 0.9
        assert [result["leaves"], result["depth"]] == result["curve"][-1][:2]


def test_compact_takes_the_queries_to_calibrate_on(tmp_path, model, scann):
    rows = clustered_rows(500)
    gallery = filled(tmp_path / "a", model, rows, exact_below=300)
    gallery.compact(queries=3 * random_rows(7, 32, seed=4))
    assert gallery.stats()["calibration"]["num_queries"] == 7
    gallery.compact(queries=random_rows(500, 32, seed=4))
    assert gallery.stats()["calibration"]["num_queries"] == 400
    for bad, message in (
        (np.ones((2, 5)), "`queries`.*width, 32"),
        (np.ones((0, 32)), "`queries` must hold at least one"),
        (np.full((1, 32), np.nan), "`queries` must be finite"),
    ):
        with pytest.raises(ValueError, match=message):
            gallery.compact(queries=bad)


def test_rows_go_to_other_programs_as_they_are(gallery, files):
    metadata = [{"n": number} for number in range(6)]
    gallery.add(files, metadata=metadata, verbose=0)
    parts = list(gallery.rows(batch_size=4))
    assert [id for part in parts for id in part.ids] == list(gallery.ids)
    assert max(len(part.ids) for part in parts) == 4
    records = gallery.records(gallery.ids)
    assert [x for p in parts for x in p.paths] == [r.path for r in records]
    assert [x for p in parts for x in p.metadata] == [
        r.metadata for r in records
    ]
    # Each row finds itself.
    for part in parts:
        hits = gallery.search_embeddings(part.vectors, k=1)
        assert [found[0].id for found in hits] == part.ids
    with pytest.raises(ValueError, match="`batch_size`"):
        gallery.rows(0)


def test_another_model_may_ask_if_its_candidates_are_the_same(gallery, pixels):
    class Backwards(FakeModel):
        def embed_queries(self, references, modifications):
            return -super().embed_queries(references, modifications)

    gallery.add(pixels(6), verbose=0)
    question = pixels(1, seed=9)[0], "in red"
    hits = gallery.search(*question)
    turned = gallery.with_model(Backwards())
    assert len(hits) == 6
    assert ids(turned.search(*question)) == ids(hits)[::-1]
    assert ids(gallery.search(*question)) == ids(hits)
    other = Backwards()
    other.fingerprint = "another"
    with pytest.raises(ValueError, match="another model"):
        gallery.with_model(other)
    with pytest.raises(TypeError, match="`model` must have"):
        gallery.with_model(object())


def test_another_model_is_refused(gallery, pixels):
    gallery.add(pixels(2), verbose=0)
    other = FakeModel(fingerprint="f" * 64)
    with pytest.raises(
        ValueError, match=r"another model.*0123456789ab\. .*ffffffffffff$"
    ):
        Gallery.open(gallery.stats()["location"], other)
    gallery._given_model = other
    with pytest.raises(ValueError, match="another model"):
        gallery.add(pixels(1, seed=1), verbose=0)
    with pytest.raises(ValueError, match="another model"):
        gallery.update(["0"], pixels(1, seed=1), verbose=0)
    with pytest.raises(TypeError, match="`model` must have `embed_queries`"):
        Gallery.open(gallery.stats()["location"], object())


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda f: f.write_text("x"), "which is a file"),
        (lambda f: Path(f / "sub").mkdir(parents=True), "holds other files"),
        (lambda f: Gallery.create(f, FakeModel()), "already; use `Gallery.ope"),
        (lambda f: Path(f / "rows.lance").mkdir(parents=True), "other files"),
    ],
)
def test_create_refuses_a_folder_in_use(tmp_path, model, prepare, message):
    prepare(tmp_path / "a")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match=f"`location` must .*{message}"):
        Gallery.create(tmp_path / "a", model)
    assert sorted(tmp_path.rglob("*")) == before


def test_create_takes_an_empty_folder_and_checks_first(tmp_path, model):
    with pytest.raises(ValueError, match="`exact_below`"):
        Gallery.create(tmp_path / "a", model, exact_below=1)
    assert not (tmp_path / "a").exists()
    (tmp_path / "a").mkdir()
    assert len(Gallery.create(tmp_path / "a", model)) == 0
    for bad in (3, None, b"a"):
        with pytest.raises(TypeError, match="`location` must be a folder or"):
            Gallery.open(bad, model)


@pytest.mark.parametrize("name", ["sync", "os.replace"])
@pytest.mark.parametrize("nth", range(4))
def test_a_create_that_broke_off_can_be_done_again(
    tmp_path, model, monkeypatch, name, nth
):
    calls, target = [], f"keras_cmr.durable.{name}"
    real = os.replace if name == "os.replace" else durable.sync

    def stop(*arguments):
        calls.append(1)
        if len(calls) == nth + 1:
            raise KeyboardInterrupt  # as a kill, but for what it tidies
        return real(*arguments)

    monkeypatch.setattr(target, stop)
    with contextlib.suppress(KeyboardInterrupt):
        Gallery.create(tmp_path / "a", model)
    monkeypatch.undo()
    if (tmp_path / "a" / "manifest.json").exists():
        assert len(Gallery.open(tmp_path / "a", model)) == 0
        return
    for begun in ("rows.json.new", "manifest.json.new"):
        (tmp_path / "a" / begun).write_text("half")
    Gallery.create(tmp_path / "a", model)
    assert len(Gallery.open(tmp_path / "a", model)) == 0


def test_a_folder_without_a_gallery_is_refused(tmp_path, model):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(ValueError, match=r"must hold a gallery.*manifest"):
            Gallery.open(folder, model)


def test_without_lance_create_says_what_to_install(
    tmp_path, model, monkeypatch
):
    monkeypatch.setitem(__import__("sys").modules, "lance", None)
    with pytest.raises(ImportError, match=r'"keras-cmr\[retrieval\]"'):
        Gallery.create(tmp_path / "a", model)


def test_warnings_point_at_the_call(tmp_path, model, scann, monkeypatch):
    """A damaged index is warned about once, searched exactly, and rebuilt."""
    rows = clustered_rows(400)
    gallery = filled(tmp_path / "a", model, rows, exact_below=300)
    gallery.compact()
    (path,) = (tmp_path / "a").glob("index-*/scann/ah_codebook.pb")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.warns(UserWarning, match=r"codebook.*`compact` builds") as seen:
        opened = Gallery.open(tmp_path / "a", model)
    line = inspect.currentframe().f_lineno - 1
    (warning,) = seen
    assert (warning.filename, warning.lineno) == (__file__, line)
    assert opened.stats()["engine"] == "exact"
    assert "codebook" in opened.stats()["reason"]
    query = random_rows(1, 32, seed=5)
    table = {str(i): (row, {}) for i, row in enumerate(rows)}
    (hits,) = opened.search_embeddings(query, 10)
    assert_best(hits, best(table, query[0], 10))
    with pytest.raises(ValueError, match="codebook"):
        opened.verify()
    opened.compact()
    assert opened.stats()["engine"] == "scann"
    opened.verify()

    engine = "keras_cmr.retrieval.local.engine"
    monkeypatch.setattr(
        f"{engine}.calibrate", lambda *_: {"reached": False, "results": []}
    )
    with pytest.warns(UserWarning, match="did not reach") as seen:
        opened.compact()
    line = inspect.currentframe().f_lineno - 1
    assert (seen[0].filename, seen[0].lineno) == (__file__, line)

    def missing():
        raise ImportError("no such engine")

    monkeypatch.setattr(f"{engine}.load_scann", missing)
    with pytest.warns(UserWarning, match="no such engine") as seen:
        opened.compact()
    line = inspect.currentframe().f_lineno - 1
    assert (seen[0].filename, seen[0].lineno) == (__file__, line)
