import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_cmr.retrieval import AddSummary
from keras_cmr.retrieval import Gallery
from tests.retrieval.fake_model import FakeModel


class BrokenModel(FakeModel):
    """Gives back what a test wants instead of embeddings."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def embed_targets(self, images):
        return self.change(super().embed_targets(images))


def ranking(gallery, image, k=5):
    """Ids and scores; ScaNN's scores may differ in the last bit each time."""
    hits = gallery.search(image, "in red", k=k)
    return [h.id for h in hits], [h.score for h in hits]


def assert_same_ranking(got, want):
    assert got[0] == want[0]
    assert got[1] == pytest.approx(want[1], abs=1e-6)


def test_a_new_gallery_is_empty_and_already_saved(tmp_path, model):
    gallery = Gallery.create(tmp_path / "a" / "b", model)
    assert len(gallery) == 0 and gallery.engine == "exact"
    reopened = Gallery.open(tmp_path / "a" / "b", model)
    assert len(reopened) == 0 and reopened.stats() == gallery.stats()
    assert repr(reopened) == (
        f"Gallery('{tmp_path}/a/b', 0 images, 0 unsaved, engine='exact')"
    )


def test_add_takes_files_arrays_and_pil_images(gallery, files, pixels):
    assert gallery.add(files[:2], verbose=0) == AddSummary(2, [])
    gallery.add(pixels(2, seed=1), verbose=0)
    gallery.add([Image.fromarray(pixels(1, seed=2)[0])], verbose=0)
    gallery.add([str(files[2]), pixels(1, seed=3)[0]], verbose=0)
    assert gallery.ids == (
        *map(str, files[:2]),
        *"234",
        str(files[2]),
        "5",
    )
    assert str(files[0]) in gallery and "7" not in gallery
    stats = gallery.stats()
    assert (stats["count"], stats["unsaved"], stats["dim"]) == (7, 7, 32)


def test_running_numbers_avoid_given_ids(gallery, pixels):
    gallery.add(pixels(2), ids=["3", "2"], verbose=0)
    gallery.add(pixels(2, seed=1), verbose=0)
    assert gallery.ids == ("3", "2", "4", "5")


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
    assert [h.id for h in hits] == sorted(cosines, key=lambda i: -cosines[i])
    for hit in hits:
        assert hit.score == pytest.approx(cosines[hit.id], abs=1e-6)
        number = "abcdef".index(hit.id)
        assert hit.path == str(files[number].resolve())
        assert hit.metadata == {"n": number, "tags": ["a"]}
    hits[0].metadata["n"] = "changed"
    again = gallery.search(pixels(1, seed=9)[0], "in red", k=1)[0]
    assert again.metadata["n"] != "changed"


def test_progress_bar_can_be_hidden(gallery, pixels, capsys):
    gallery.add(pixels(1), verbose=0)
    assert capsys.readouterr() == ("", "")
    gallery.add(pixels(1))
    assert "1/1" in capsys.readouterr().err


def test_unreadable_images_are_skipped_listed_and_warned_about(gallery, files):
    files[1].write_bytes(files[1].read_bytes()[:60])
    files[4].unlink()
    with pytest.warns(UserWarning, match="2 of 6 images are unreadable"):
        summary = gallery.add(files, ids=list("abcdef"), verbose=0)
    assert summary.added == len(gallery) == 4
    assert [id for id, _ in summary.skipped] == ["b", "e"]
    assert all("Error: " in reason for _, reason in summary.skipped)
    assert gallery.ids == ("a", "c", "d", "f")
    assert gallery.search(files[0], "in red", k=3)[0].id in "cdf"


def test_strict_adds_nothing(gallery, files):
    files[5].unlink()
    with pytest.raises(ValueError, match=r"strict=True.*5\.png.*FileNotFound"):
        gallery.add(files, strict=True, verbose=0)
    assert len(gallery) == 0
    assert gallery.add(files[:5], strict=True, verbose=0).added == 5


def test_no_readable_image_adds_nothing(gallery, tmp_path):
    with pytest.warns(UserWarning, match="1 of 1"):
        summary = gallery.add([tmp_path / "none.png"], verbose=0)
    assert summary.added == len(gallery) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: np.where(np.eye(len(e), e.shape[1]), np.nan, e), "finite"),
        (lambda e: e * np.inf, "finite"),
        (lambda e: e * 0, "not all zero.*5 bad of 5, the first is '3'"),
        (lambda e: e[:-1], "4 rows for 5 inputs"),
        (lambda e: e[:, :-1], "width, 32"),
        (lambda e: e[0], "shape"),
    ],
)
def test_bad_embeddings_leave_the_gallery_as_it_was(
    gallery, pixels, change, message
):
    gallery.add(pixels(3), verbose=0)
    before = ranking(gallery, pixels(1)[0], k=3)
    gallery._model = BrokenModel(change)
    with pytest.raises((ValueError, TypeError), match=message):
        gallery.add(pixels(5, seed=1), verbose=0)
    gallery._model = FakeModel()
    assert len(gallery) == 3
    assert_same_ranking(ranking(gallery, pixels(1)[0], k=3), before)


def test_a_failure_in_a_later_chunk_adds_nothing(gallery, pixels, monkeypatch):
    monkeypatch.setattr("keras_cmr.retrieval.images._IMAGES_PER_CHUNK", 2)
    calls = []

    def second_fails(embeddings):
        calls.append(len(embeddings))
        return embeddings * (np.nan if len(calls) == 2 else 1)

    gallery._model = BrokenModel(second_fails)
    with pytest.raises(ValueError, match="2 bad of 2, the first is '2'"):
        gallery.add(pixels(6), verbose=0)
    assert calls == [2, 2] and len(gallery) == 0


one = np.zeros((1, 4, 4, 3), np.uint8)
two = np.zeros((2, 4, 4, 3), np.uint8)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"images": []}, ValueError, "at least one image"),
        ({"images": "a.png"}, TypeError, "`images` must be a list"),
        ({"images": one, "ids": "a"}, TypeError, "`ids` must be a list"),
        ({"images": one, "ids": 3}, TypeError, "`ids` must be a list"),
        ({"images": one, "ids": [3]}, TypeError, "strings. Received: 3"),
        ({"images": one, "ids": [" "]}, ValueError, "blank. Received: ' '"),
        ({"images": two, "ids": ["a"]}, ValueError, "1 ids for 2 images"),
        ({"images": two, "ids": ["a", "a"]}, ValueError, "twice: 'a'"),
        ({"images": one, "ids": ["old"]}, ValueError, "already.*'old'"),
        ({"images": two, "metadata": [{}]}, ValueError, "1 for 2 images"),
        ({"images": one, "metadata": {}}, TypeError, "must be a list"),
        ({"images": one, "metadata": ["a"]}, TypeError, "dicts.*'a'"),
        ({"images": one, "metadata": [{"a": {1}}]}, ValueError, "JSON-able"),
        (
            {"images": one, "metadata": [{"a": np.nan}]},
            ValueError,
            "JSON-able",
        ),
        ({"images": one, "metadata": [{1: 2}]}, ValueError, "unchanged"),
        ({"images": one, "metadata": [{"a": (1,)}]}, ValueError, "unchanged"),
    ],
)
def test_bad_arguments_of_add(gallery, pixels, arguments, error, message):
    gallery.add(pixels(1), ids=["old"], verbose=0)
    with pytest.raises(error, match=message):
        gallery.add(**arguments, verbose=0)
    assert gallery.ids == ("old",)


def test_the_same_path_twice_needs_ids(gallery, files):
    with pytest.raises(ValueError, match="Received twice"):
        gallery.add([files[0], files[0]], verbose=0)


@pytest.mark.parametrize("exact_below", [20_000, 300])
def test_closing_and_opening_keeps_the_ranking(
    tmp_path, model, pixels, exact_below, scann
):
    gallery = Gallery.create(tmp_path / "a", model, exact_below=exact_below)
    gallery.add(pixels(400), metadata=[{"n": i} for i in range(400)], verbose=0)
    gallery.save()
    assert gallery.engine == ("scann" if exact_below == 300 else "exact")
    want = ranking(gallery, pixels(1, seed=5)[0])
    shutil.move(tmp_path / "a", tmp_path / "moved")
    opened = Gallery.open(tmp_path / "moved", model)
    assert opened.stats() == gallery.stats()
    assert_same_ranking(ranking(opened, pixels(1, seed=5)[0]), want)
    hit = opened.search(pixels(1, seed=5)[0], "in red", k=1)[0]
    assert hit.metadata == {"n": int(hit.id)}
    assert isinstance(opened._vectors.saved, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        opened._vectors.saved[0, 0] = 1


@pytest.mark.parametrize("exact_below", [20_000, 300])
def test_unsaved_images_are_found_and_lost_without_save(
    tmp_path, model, pixels, exact_below, scann
):
    gallery = Gallery.create(tmp_path / "a", model, exact_below=exact_below)
    gallery.add(pixels(400), verbose=0)
    gallery.save()
    gallery = Gallery.open(tmp_path / "a", model)
    fresh = pixels(3, seed=8)
    for image in fresh:
        gallery.add([image], verbose=0)
    for number, image in enumerate(fresh):
        rows, scores = gallery.search_vectors(model.embed_targets([image]), 2)
        assert rows[0, 0] == 400 + number
        assert scores[0, 0] == pytest.approx(1, abs=1e-5)
    assert gallery.stats()["unsaved"] == 3
    assert len(Gallery.open(tmp_path / "a", model)) == 400
    gallery.save()
    assert gallery.stats()["unsaved"] == 0
    opened = Gallery.open(tmp_path / "a", model)
    assert len(opened) == 403
    assert_same_ranking(ranking(opened, fresh[0]), ranking(gallery, fresh[0]))


def test_save_writes_only_when_something_changed(gallery, pixels):
    gallery.add(pixels(3), verbose=0)
    gallery.save()
    manifest = (gallery.folder / "manifest.json").read_text()
    gallery.save()
    gallery.save(recall_target=0.98)
    assert (gallery.folder / "manifest.json").read_text() == manifest
    gallery.save(recall_target=0.9)
    assert Gallery.open(gallery.folder, FakeModel()).stats()[
        "recall_target"
    ] == pytest.approx(0.9)
    with pytest.raises(ValueError, match="`recall_target`"):
        gallery.save(recall_target=2)


def test_the_manifest_keeps_the_measured_curve(tmp_path, model, pixels, scann):
    gallery = Gallery.create(tmp_path / "a", model, 0.9, exact_below=300)
    gallery.add(pixels(500), verbose=0)
    gallery.save()
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    assert manifest["engine"] == "scann" and manifest["recall_target"] == 0.9
    for result in manifest["calibration"]["results"]:
        assert result["recall"] >= 0.9
        assert [result["leaves"], result["reorder"]] == result["curve"][-1][:2]


def test_another_model_is_refused(gallery, pixels):
    gallery.add(pixels(2), verbose=0)
    other = FakeModel(fingerprint="f" * 64)
    with pytest.raises(
        ValueError, match=r"another model.*0123456789ab\. .*ffffffffffff$"
    ):
        Gallery.open(gallery.folder, other)
    gallery._model = other
    with pytest.raises(ValueError, match="another model"):
        gallery.add(pixels(1, seed=1), verbose=0)
    with pytest.raises(TypeError, match="`model` must have `embed_queries`"):
        Gallery.open(gallery.folder, object())


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda f: f.write_text("x"), "which is a file"),
        (lambda f: Path(f / "sub").mkdir(parents=True), "holds other files"),
        (lambda f: Gallery.create(f, FakeModel()), "already; use `Gallery.ope"),
    ],
)
def test_create_refuses_a_folder_in_use(tmp_path, model, prepare, message):
    prepare(tmp_path / "a")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match=f"`folder` must .*{message}"):
        Gallery.create(tmp_path / "a", model)
    assert sorted(tmp_path.rglob("*")) == before


def test_create_takes_an_empty_folder_and_checks_first(tmp_path, model):
    with pytest.raises(ValueError, match="`exact_below`"):
        Gallery.create(tmp_path / "a", model, exact_below=1)
    assert not (tmp_path / "a").exists()
    (tmp_path / "a").mkdir()
    assert len(Gallery.create(tmp_path / "a", model)) == 0
