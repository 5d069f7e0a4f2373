"""`Gallery.add`, `add_embeddings`, `update` and `remove`."""

import numpy as np
import pytest
from PIL import Image

from keras_cmr.retrieval import AddSummary
from keras_cmr.retrieval import Gallery
from tests.retrieval.dictionary import random_rows
from tests.retrieval.fake_model import FakeModel


class BrokenModel(FakeModel):
    """Gives back what a test wants instead of embeddings."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def embed_targets(self, images):
        return self.change(super().embed_targets(images))


def content(gallery):
    """Ids, metadata, paths and cosines, from memory and from disk."""
    found = []
    opened = Gallery.open(gallery.stats()["location"], FakeModel())
    for one in (gallery, opened):
        one.verify()
        hits = one.search_embeddings(random_rows(1, 32, seed=77), 100)[0]
        found.append(
            {h.id: (round(h.score, 5), h.path, str(h.metadata)) for h in hits}
        )
        assert set(found[-1]) == set(one.ids)
    assert found[0] == found[1]
    return found[0]


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
    assert (gallery.stats()["count"], gallery.stats()["dim"]) == (7, 32)


def test_running_numbers_avoid_given_ids(gallery, pixels):
    gallery.add(pixels(2), ids=["3", "2"], verbose=0)
    gallery.add(pixels(2, seed=1), verbose=0)
    assert gallery.ids == ("3", "2", "4", "5")


def test_progress_bar_can_be_hidden(gallery, pixels, capsys):
    gallery.add(pixels(1), verbose=0)
    assert capsys.readouterr() == ("", "")
    gallery.add(pixels(1))
    assert "1/1" in capsys.readouterr().err


def test_unreadable_images_are_skipped_listed_and_warned_about(gallery, files):
    files[1].write_bytes(files[1].read_bytes()[:60])
    files[4].unlink()
    with pytest.warns(UserWarning, match="2 of 6 images are unread") as seen:
        summary = gallery.add(files, ids=list("abcdef"), verbose=0)
    assert seen[0].filename == __file__
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
    before = content(gallery)
    gallery._given_model = BrokenModel(change)
    with pytest.raises((ValueError, TypeError), match=message):
        gallery.add(pixels(5, seed=1), verbose=0)
    assert content(gallery) == before


def test_a_failure_in_a_later_chunk_adds_nothing(gallery, pixels, monkeypatch):
    monkeypatch.setattr("keras_cmr.retrieval.decoding._IMAGES_PER_PIECE", 2)
    calls = []

    def second_fails(embeddings):
        calls.append(len(embeddings))
        return embeddings * (np.nan if len(calls) == 2 else 1)

    gallery._given_model = BrokenModel(second_fails)
    with pytest.raises(ValueError, match="2 bad of 2, the first is '2'"):
        gallery.add(pixels(6), verbose=0)
    assert calls == [2, 2] and len(gallery) == 0


one = np.zeros((1, 4, 4, 3), np.uint8)
two = np.zeros((2, 4, 4, 3), np.uint8)
BAD = [
    ({"images": []}, ValueError, "at least one image"),
    ({"images": "a.png"}, TypeError, "`images` must be a list"),
    ({"images": one, "ids": "a"}, TypeError, "`ids` must be a list"),
    ({"images": one, "ids": 3}, TypeError, "`ids` must be a list"),
    ({"images": one, "ids": [3]}, TypeError, "strings. Received: 3"),
    ({"images": one, "ids": [" "]}, ValueError, "blank. Received: ' '"),
    ({"images": one, "ids": ["\udcff"]}, ValueError, "`ids` must.*UTF-8"),
    ({"images": two, "ids": ["a"]}, ValueError, "1 ids for 2 images"),
    ({"images": two, "ids": ["a", "a"]}, ValueError, "twice: 'a'"),
    ({"images": one, "ids": ["old"]}, ValueError, "already.*'old'"),
    ({"images": two, "metadata": [{}]}, ValueError, "1 for 2 images"),
    ({"images": one, "metadata": {}}, TypeError, "must be a list"),
    ({"images": one, "metadata": ["a"]}, TypeError, "dicts.*'a'"),
    ({"images": one, "metadata": [{"a": {1}}]}, ValueError, "JSON-able"),
    ({"images": one, "metadata": [{"a": np.nan}]}, ValueError, "JSON-able"),
    ({"images": one, "metadata": [{1: 2}]}, ValueError, "unchanged"),
    ({"images": one, "metadata": [{"a": (1,)}]}, ValueError, "unchanged"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), BAD)
def test_bad_arguments_of_add(gallery, pixels, arguments, error, message):
    gallery.add(pixels(1), ids=["old"], verbose=0)
    with pytest.raises(error, match=message):
        gallery.add(**arguments, verbose=0)
    assert gallery.ids == ("old",)


def test_the_same_path_twice_needs_ids(gallery, files):
    with pytest.raises(ValueError, match="Received twice"):
        gallery.add([files[0], files[0]], verbose=0)
    gallery.add([files[0], files[0]], ids=["a", "b"], verbose=0)
    assert len(gallery) == 2


def test_a_path_that_utf8_cannot_hold_is_refused(gallery, files):
    strange = files[0].with_name("\udcff.png")
    with pytest.raises(ValueError, match=r"`images` must be text that UTF-8"):
        gallery.add([strange], ids=["a"], verbose=0)
    assert len(gallery) == 0


def test_embeddings_made_elsewhere(gallery, tmp_path):
    rows = random_rows(3, 32)
    gallery.add_embeddings(
        5 * rows.astype(np.float64),
        ["a", "b", "c"],
        metadata=[{"n": 1}, {}, {}],
        paths=[tmp_path / "x" / ".." / "a.png", None, "b.png"],
    )
    hit = gallery.search_embeddings(rows[:1], 1)[0][0]
    assert hit.id == "a" and hit.score == pytest.approx(1, abs=1e-6)
    assert hit.path == str(tmp_path / "a.png") and hit.metadata == {"n": 1}
    paths = [path for _, path, _ in content(gallery).values()]
    assert None in paths and sum(p is None for p in paths) == 1
    gallery.add_embeddings(np.empty((0, 32)), [])
    assert len(gallery) == 3


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.ones((1, 32)), ["a"]), ValueError, "already.*'a'"),
        ((np.ones((2, 32)), ["x"]), ValueError, "2 rows for 1 inputs"),
        ((np.ones((1, 31)), ["x"]), ValueError, "`embeddings`.*width, 32"),
        ((np.ones((1, 32), int), ["x"]), TypeError, "`embeddings` must be a f"),
        ((np.zeros((1, 32)), ["x"]), ValueError, "not all zero.*'x'"),
        ((np.ones((2, 32)), ["x", "x"]), ValueError, "twice: 'x'"),
        ((np.ones((1, 32)), ["\udc80"]), ValueError, "`ids`.*UTF-8"),
        ((np.ones((1, 32)), ["x"], [{}, {}]), ValueError, "2 for 1 images"),
        ((np.ones((1, 32)), ["x"], None, ["a"] * 2), ValueError, "`paths` .*2"),
        ((np.ones((1, 32)), ["x"], None, [3]), TypeError, "`paths`.*3"),
        ((np.ones((1, 32)), ["x"], None, "a"), TypeError, "`paths` must be a"),
        ((np.ones((1, 32)), ["x"], None, ["\udc80"]), ValueError, "`paths`.*U"),
    ],
)
def test_bad_arguments_of_add_embeddings(gallery, arguments, error, message):
    gallery.add_embeddings(random_rows(1, 32), ["a"])
    with pytest.raises(error, match=message):
        gallery.add_embeddings(*arguments)
    assert set(content(gallery)) == {"a"}


def test_update_replaces_what_it_is_given(gallery, files, pixels, model):
    gallery.add(files[:3], ids=list("abc"), metadata=[{"n": 1}] * 3, verbose=0)
    before = content(gallery)
    done = gallery.update(["b"], metadata=[{"n": 2}])
    assert done == AddSummary(1, [])
    after = content(gallery)
    assert after["b"] == (*before["b"][:2], "{'n': 2}")
    assert (after["a"], after["c"]) == (before["a"], before["c"])
    gallery.update(["a", "c"], [files[4], pixels(1, seed=5)[0]], verbose=0)
    hit = gallery.search_embeddings(
        model.embed_targets([Image.open(files[4])]), 1
    )[0][0]
    assert (hit.id, hit.path) == ("a", str(files[4].resolve()))
    assert hit.score == pytest.approx(1, abs=1e-6) and hit.metadata == {"n": 1}
    assert content(gallery)["c"][1:] == (None, "{'n': 1}")
    gallery.update(["a"], [files[5]], metadata=[{}], verbose=0)
    assert content(gallery)["a"][1:] == (str(files[5].resolve()), "{}")
    assert gallery.update([], metadata=[]) == AddSummary(0, [])
    assert len(gallery) == 3


def test_an_update_skips_what_it_cannot_read(gallery, files):
    gallery.add(files[:3], ids=list("abc"), verbose=0)
    before = content(gallery)
    files[4].write_bytes(b"no image")
    images = [files[3], files[4]]
    with pytest.warns(UserWarning, match=r"1 of 2.*'b'") as seen:
        done = gallery.update(["a", "b"], images, [{"n": 1}] * 2, verbose=0)
    assert seen[0].filename == __file__
    assert done.added == 1 and done.skipped[0][0] == "b"
    after = content(gallery)
    assert after["b"] == before["b"]
    assert after["a"][1:] == (str(files[3].resolve()), "{'n': 1}")
    with pytest.raises(ValueError, match="strict=True"):
        gallery.update(["a", "b"], images, strict=True, verbose=0)
    assert content(gallery) == after


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda g: g.update(["a"]), ValueError, "`images` or `metadata` must"),
        (lambda g: g.update(["z"], metadata=[{}]), ValueError, "`ids`.*'z'"),
        (lambda g: g.update("a", metadata=[{}]), TypeError, "`ids` must be a"),
        (lambda g: g.update(["a"], metadata=[]), ValueError, "0 for 1 images"),
        (lambda g: g.update(["a"], two), ValueError, "1 ids for 2 images"),
        (
            lambda g: g.update(["a", "a"], metadata=[{}, {}]),
            ValueError,
            "twice: 'a'",
        ),
        (lambda g: g.remove(["a", "z"]), ValueError, "`ids` must be.*'z'"),
        (lambda g: g.remove(["a", "a"]), ValueError, "twice: 'a'"),
        (lambda g: g.remove("a"), TypeError, "`ids` must be a list"),
        (lambda g: g.remove([1]), TypeError, "strings. Received: 1"),
    ],
)
def test_bad_arguments_of_update_and_remove(gallery, call, error, message):
    gallery.add_embeddings(random_rows(2, 32), ["a", "b"])
    before = content(gallery)
    with pytest.raises(error, match=message):
        call(gallery)
    assert content(gallery) == before


def test_removed_ids_can_be_added_again(gallery):
    rows = random_rows(4, 32)
    gallery.add_embeddings(rows, list("abcd"))
    gallery.remove(["c", "a"])
    assert gallery.ids == ("b", "d") and "a" not in gallery
    gallery.remove([])
    gallery.add_embeddings(rows[:1], ["a"])
    assert gallery.ids == ("b", "d", "a")
    gallery.remove(list(gallery.ids))
    assert content(gallery) == {}
    gallery.add_embeddings(rows, list("abcd"))
    assert gallery.ids == tuple("abcd")
    content(gallery)


@pytest.mark.parametrize("compacted", [False, True])
def test_an_emptied_gallery_keeps_its_width(gallery, compacted):
    gallery.add_embeddings(random_rows(2, 32), ["a", "b"])
    gallery.remove(["a", "b"])
    if compacted:
        gallery.compact()
    for one in (
        gallery,
        Gallery.open(gallery.stats()["location"], FakeModel()),
    ):
        assert one.stats()["dim"] == 32
        with pytest.raises(ValueError, match=r"`embeddings`.*width, 32"):
            one.add_embeddings(random_rows(1, 8), ["c"])
