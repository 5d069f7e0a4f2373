import numpy as np
import pytest
from PIL import Image

from keras_cmr.retrieval import Gallery
from tests.retrieval.fake_model import FakeModel


@pytest.fixture
def six(gallery, files):
    gallery.add(files, ids=list("abcdef"), verbose=0)
    return gallery


def ids(hits):
    return [hit.id for hit in hits]


def test_the_reference_is_left_out_by_path(six, files, monkeypatch):
    assert set(ids(six.search(files[0], "red", k=5))) == set("bcdef")
    monkeypatch.chdir(files[0].parent)
    for same in ("0.png", "../images/0.png", str(files[0])):
        assert set(ids(six.search(same, "red", k=5))) == set("bcdef")
    link = files[0].parent.parent / "link.png"
    link.symlink_to(files[0])
    assert set(ids(six.search(link, "red", k=5))) == set("bcdef")


def test_every_row_of_the_same_file_is_left_out(six, files):
    six.add([files[0]], ids=["again"], verbose=0)
    assert set(ids(six.search(files[0], "red", k=5))) == set("bcdef")
    hits = six.search(reference_id="again", modification="red", k=5)
    assert set(ids(hits)) == set("bcdef")


def test_the_reference_is_left_out_by_id(six, files, pixels):
    by_id = six.search(reference_id="b", modification="red", k=5)
    assert by_id == six.search(files[1], "red", k=5)
    with_image = six.search(pixels(6)[1], "red", k=5, reference_id="b")
    assert ids(with_image) == ids(by_id)
    kept = six.search(pixels(6)[1], "red", k=6)
    assert kept[0].id == "b" and ids(kept)[1:] == ids(by_id)


def test_excluded_ids_cost_no_result(six, files):
    hits = six.search(files[0], "red", k=3, exclude=("b", "c", "b"))
    assert set(ids(hits)) == set("def")
    assert [h.rank for h in hits] == [1, 2, 3]


@pytest.mark.parametrize("exact_below", [20_000, 256])
def test_the_best_matches_can_be_excluded_under_both_engines(
    tmp_path, model, pixels, exact_below, scann
):
    gallery = Gallery.create(tmp_path / "g", model, 0.9, exact_below)
    # Forty near copies of the reference: the best forty for any small change.
    rng = np.random.default_rng(0)
    noise = rng.integers(-3, 4, (40, 8, 8, 3))
    reference = pixels(1)[0]
    copies = np.clip(reference.astype(int) + noise, 0, 255).astype(np.uint8)
    gallery.add(copies, ids=[f"copy {i}" for i in range(40)], verbose=0)
    gallery.add(pixels(500, seed=1), verbose=0)
    gallery.save()
    assert gallery.engine == ("scann" if exact_below == 256 else "exact")
    copy_ids = [f"copy {i}" for i in range(40)]
    found = ids(gallery.search(reference, "red", k=20))
    assert set(found) <= set(copy_ids)
    hits = gallery.search(
        reference, "red", k=20, exclude=copy_ids[1:], reference_id="copy 0"
    )
    assert len(hits) == 20 and not set(ids(hits)) & set(copy_ids)
    query = model.embed_queries([reference], ["red"])
    others = model.embed_targets(pixels(500, seed=1)) @ query[0]
    best = np.sort(others)[::-1][:20]
    scores = [hit.score for hit in hits]
    if gallery.engine == "exact":
        assert scores == pytest.approx(best.tolist(), abs=1e-5)
    else:
        assert (
            np.abs(np.subtract.outer(scores, others)).min(axis=1).max() < 1e-5
        )


def test_a_batch_answers_like_single_searches(six, files, pixels):
    references = [files[0], pixels(1, seed=3)[0], None]
    texts = ["red", "blue and small", "green"]
    arguments = {"reference_ids": [None, "c", "d"], "exclude": [["f"], [], []]}
    batch = six.search_batch(references, texts, 4, **arguments)
    single = [
        six.search(files[0], "red", 4, ["f"]),
        six.search(pixels(1, seed=3)[0], "blue and small", 4, (), "c"),
        six.search(None, "green", 4, reference_id="d"),
    ]
    # Sums of one row and of several are rounded differently.
    assert [ids(hits) for hits in batch] == [ids(hits) for hits in single]
    assert [hit.score for hits in batch for hit in hits] == pytest.approx(
        [hit.score for hits in single for hit in hits], abs=1e-6
    )
    arrays = six.search_batch(pixels(2, seed=4), texts[:2], 6)
    pil = [Image.fromarray(image) for image in pixels(2, seed=4)]
    assert six.search_batch(pil, texts[:2], 6) == arrays
    assert six.search_batch([], [], 3) == []


def test_more_queries_than_one_chunk(six, pixels, monkeypatch):
    references, texts = pixels(5, seed=2), [f"make it {i}" for i in range(5)]
    want = six.search_batch(references, texts, 3)
    monkeypatch.setattr("keras_cmr.retrieval.images._IMAGES_PER_CHUNK", 2)
    got = six.search_batch(references, texts, 3)
    assert [ids(hits) for hits in got] == [ids(hits) for hits in want]


def test_search_vectors_scales_the_queries_and_excludes_rows(
    six, model, pixels
):
    targets = model.embed_targets(pixels(6))
    rows, scores = six.search_vectors(7 * targets, 6)
    assert rows[:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert rows.dtype == np.int64 and scores.dtype == np.float32
    assert scores[:, 0] == pytest.approx(1, abs=1e-6)
    left, _ = six.search_vectors(targets, 5, [[i] for i in range(6)])
    assert np.array_equal(left, rows[:, 1:])
    none = six.search_vectors(targets[:0], 3)
    assert none[0].shape == none[1].shape == (0, 3)


picture = np.zeros((4, 4, 3), np.uint8)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((None, "red"), ValueError, "`reference_id`.*must be given.*neither"),
        ((picture, None), TypeError, "`modification` must be a str.*None"),
        ((picture, ""), ValueError, "`modification` must not be empty.*''"),
        ((picture, " \n"), ValueError, "`modification` must not be empty"),
        ((picture, ["a"]), TypeError, "`modification` must be a string"),
        ((picture, "red", 0), ValueError, "`k` must be at least 1.*k=0"),
        ((picture, "red", -1), ValueError, "`k` must be at least 1"),
        ((picture, "red", 1.0), TypeError, "`k` must be an integer.*1.0"),
        ((picture, "red", True), TypeError, "`k` must be an integer"),
        ((picture, "red", None), TypeError, "`k` must be an integer"),
        (
            (picture, "red", 7),
            ValueError,
            r"most the number of candidates \(6 after exclusion\).*k=7",
        ),
        ((picture, "red", 6, "a"), TypeError, "`exclude` .*Received: 'a'"),
        ((picture, "red", 6, 3), TypeError, "`exclude` .*Received: 3"),
        ((picture, "red", 6, None), TypeError, "`exclude` .*Received: None"),
        ((picture, "red", 6, [3]), TypeError, "`exclude` must be an id"),
        ((picture, "red", 1, ["z"]), ValueError, "`exclude`.*gallery.*'z'"),
        (
            (picture, "red", 6, ["a"]),
            ValueError,
            r"\(5 after exclusion\). Received: k=6",
        ),
        ((picture, "red", 6, (), "a"), ValueError, r"\(5 after exclusion\)"),
        ((picture, "red", 1, (), "z"), ValueError, "`reference_id`.*'z'"),
        ((picture, "red", 1, (), 3), TypeError, "`reference_id`.*id.*3"),
        (("none.png", "red", 1), ValueError, "readable.*none.png.*FileNotF"),
        ((3, "red", 1), TypeError, "`reference` must hold paths.*3"),
        ((picture[0], "red", 1), ValueError, "`reference` must hold uint8"),
    ],
)
def test_bad_arguments_of_search(six, arguments, error, message):
    with pytest.raises(error, match=message) as caught:
        six.search(*arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([picture], "red"), TypeError, "`modifications` must be a list"),
        (([picture], ["a", "b"]), ValueError, "`references`.*1 for 2"),
        ((picture, ["a"]), ValueError, "`references` must be as long"),
        (([picture], ["a"], 1, "a"), TypeError, "`reference_ids` must be a l"),
        (([picture], ["a"], 1, []), ValueError, "`reference_ids`.*0 for 1"),
        (([picture], ["a"], 1, None, ["a"]), TypeError, "`exclude` must be a"),
    ],
)
def test_bad_arguments_of_search_batch(six, arguments, error, message):
    with pytest.raises(error, match=message):
        six.search_batch(*arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.ones(32), 1), ValueError, "`queries` must have shape"),
        ((np.ones((1, 5)), 1), ValueError, "`queries`.*width, 32"),
        ((np.full((1, 32), np.nan), 1), ValueError, "`queries` must be fin"),
        ((np.zeros((1, 32)), 1), ValueError, "`queries`.*not all zero"),
        ((np.ones((1, 32), int), 1), TypeError, "`queries` must be a float"),
        ((np.ones((1, 32)), 7), ValueError, r"\(6 after exclusion\)"),
        ((np.ones((1, 32)), 6, [[2]]), ValueError, r"\(5 after exclusion\)"),
        ((np.ones((1, 32)), 1, [[6]]), ValueError, "from 0 to 5"),
    ],
)
def test_bad_arguments_of_search_vectors(six, arguments, error, message):
    with pytest.raises(error, match=message):
        six.search_vectors(*arguments)


def test_an_id_without_a_file_needs_the_image_too(gallery, pixels):
    gallery.add(pixels(3), verbose=0)
    with pytest.raises(ValueError, match=r"`reference` must be given too.*'1'"):
        gallery.search(reference_id="1", modification="red", k=1)
    hits = gallery.search(pixels(3)[1], "red", k=2, reference_id="1")
    assert set(ids(hits)) == {"0", "2"}


def test_an_empty_gallery_says_so(gallery):
    with pytest.raises(ValueError, match="Received: an empty gallery"):
        gallery.search(picture, "red", k=1)
    with pytest.raises(ValueError, match="Received: an empty gallery"):
        gallery.search_vectors(np.ones((1, 32)), 1)


def test_a_query_embedding_that_is_not_finite_is_refused(six, files):
    class Broken(FakeModel):
        def embed_queries(self, references, modifications):
            return np.nan * super().embed_queries(references, modifications)

    six._model = Broken()
    with pytest.raises(ValueError, match="query embeddings must be finite"):
        six.search(files[0], "red", k=1)
