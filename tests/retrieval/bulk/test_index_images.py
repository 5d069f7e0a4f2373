import json
import os

import numpy as np
import pytest
from PIL import Image

from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval import image_table
from keras_cmr.retrieval import index_images
from keras_cmr.retrieval.local import engine
from tests.retrieval.bulk.conftest import BROKEN
from tests.retrieval.bulk.conftest import picture
from tests.retrieval.fake_model import FakeModel


def run(source, location, model, **arguments):
    return index_images(
        source, location, model, shard_size=4, verbose=0, **arguments
    )


def test_one_line_from_a_folder_to_a_gallery(photos, model, vectors, tmp_path):
    gallery, summary = run(photos, tmp_path / "g", model)
    assert gallery.ids == tuple(sorted(vectors))
    assert summary.written == 11
    assert [id for id, _ in summary.skipped] == [BROKEN]
    for id, vector in vectors.items():
        [hits] = gallery.search_embeddings(vector[None], k=1)
        assert hits[0].id == id
        assert hits[0].path == str((photos / id).resolve())
        assert hits[0].score == pytest.approx(1, abs=1e-6)
    # What a user does next: the reference itself is not found.
    hits = gallery.search(photos / "a/00.png", "in red", k=20)
    assert len(hits) == 10


def test_a_second_run_takes_in_what_is_new(photos, model, tmp_path):
    run(photos, tmp_path / "g", model)
    picture(photos / "a/99.png", 99)
    (photos / BROKEN).unlink()
    picture((photos / BROKEN).with_suffix(".png"), 100)
    gallery, summary = run(photos, tmp_path / "g", model)
    assert (summary.written, summary.kept) == (2, 11)
    assert gallery.ids[-2:] == ("a/99.png", "b/broken.png")
    _, summary = run(photos, tmp_path / "g", model)
    assert (summary.written, summary.kept, summary.skipped) == (0, 13, [])


def test_update_replaces_pictures_and_metadata(photos, model, tmp_path):
    table = tmp_path / "t.jsonl"

    def tabled(price):
        rows = [{"path": f"a/{n:02d}.png", "price": price} for n in (0, 3)]
        table.write_text("\n".join(map(json.dumps, rows)))
        return image_table(table, photos)

    run(tabled(1), tmp_path / "g", model)
    picture(photos / "a/00.png", 77)
    gallery, summary = run(tabled(2), tmp_path / "g", model)
    assert (summary.written, summary.kept) == (0, 2)
    gallery, summary = run(tabled(2), tmp_path / "g", model, update=True)
    assert (summary.written, summary.kept) == (2, 0)
    with Image.open(photos / "a/00.png") as opened:
        new = model.embed_targets([np.array(opened)])
    [hits] = gallery.search_embeddings(new, k=1, where={"price": 2})
    assert hits[0].id == "a/00.png"
    assert hits[0].score == pytest.approx(1, abs=1e-6)
    assert len(gallery) == 2


def test_one_id_for_two_files_is_an_error(photos, model, tmp_path):
    run(photos, tmp_path / "g", model)
    picture(tmp_path / "other" / "a/00.png", 5)
    with pytest.raises(ValueError, match=r"the id 'a/00.png'.*`update=True`"):
        run(tmp_path / "other", tmp_path / "g", model)
    photos.rename(tmp_path / "moved")
    gallery, _ = run(tmp_path / "moved", tmp_path / "g", model, update=True)
    [hits] = gallery.search_embeddings(np.eye(1, 32, dtype="float32"), k=20)
    assert {os.path.commonpath([h.path, tmp_path / "moved"]) for h in hits} == {
        str(tmp_path / "moved")
    }


def test_strict_keeps_finished_writes(photos, model, tmp_path):
    with pytest.raises(ValueError, match=rf"`strict=True`.*'{BROKEN}'"):
        run(photos, tmp_path / "g", model, strict=True)
    assert len(Gallery.open(tmp_path / "g", model)) == 8
    gallery, summary = run(photos, tmp_path / "g", model)
    assert (summary.written, summary.kept) == (3, 8)
    assert len(gallery) == 11


def test_another_model_or_another_folder_is_refused(photos, model, tmp_path):
    run(photos, tmp_path / "g", model)
    with pytest.raises(ValueError, match="another model"):
        run(photos, tmp_path / "g", FakeModel("fedcba"))
    with pytest.raises(ValueError, match="holds other files"):
        run(photos, photos, model)


def test_an_index_is_built_and_found_again(tmp_path, model, pixels, scann):
    Gallery.create(tmp_path / "g", model, 0.8, exact_below=256)
    records = [
        {"image": image, "id": str(n)} for n, image in enumerate(pixels(300))
    ]
    gallery, _ = index_images(records, tmp_path / "g", model, verbose=0)
    stats = gallery.stats()
    assert (stats["engine"], stats["unindexed"]) == ("scann", 0)
    before = (tmp_path / "g" / "manifest.json").read_bytes()
    index_images(records, tmp_path / "g", model, verbose=0)
    assert (tmp_path / "g" / "manifest.json").read_bytes() == before


def test_an_unchanged_gallery_is_left_alone(photos, model, tmp_path):
    run(photos, tmp_path / "g", model)
    before = (tmp_path / "g" / "manifest.json").stat().st_ino
    run(photos, tmp_path / "g", model)
    assert (tmp_path / "g" / "manifest.json").stat().st_ino == before


def test_a_failed_calibration_is_not_repeated(
    tmp_path, model, pixels, scann, monkeypatch
):
    monkeypatch.setattr(
        engine, "calibrate", lambda *_: {"reached": False, "results": []}
    )
    Gallery.create(tmp_path / "g", model, 1.0, exact_below=256)
    records = [
        {"image": image, "id": str(n)} for n, image in enumerate(pixels(300))
    ]
    with pytest.warns(UserWarning, match="did not reach"):
        index_images(records, tmp_path / "g", model, verbose=0)
    index_images(records, tmp_path / "g", model, verbose=0)  # no warning


def test_a_gallery_that_was_hardly_begun(photos, model, tmp_path):
    (tmp_path / "g").mkdir()
    (tmp_path / "g" / "manifest.json.new").write_text("half of")
    gallery, _ = run(photos, tmp_path / "g", model)
    assert len(gallery) == 11
