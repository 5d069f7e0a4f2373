"""What a search returns: order, exclusion, conditions, bad arguments."""

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
from PIL import Image

from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval import Hits
from tests.retrieval.dictionary import assert_best
from tests.retrieval.dictionary import best
from tests.retrieval.dictionary import clustered_rows
from tests.retrieval.dictionary import random_rows
from tests.retrieval.dictionary import unit
from tests.retrieval.fake_model import FakeModel


@pytest.fixture
def six(gallery, files):
    gallery.add(
        files,
        ids=list("abcdef"),
        metadata=[{"n": i} for i in range(6)],
        verbose=0,
    )
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
    six.remove(["again"])
    six.update(["a"], [files[5]], verbose=0)
    assert set(ids(six.search(files[0], "red", k=6))) == set("abcdef")
    assert set(ids(six.search(files[5], "red", k=6))) == set("bcde")


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


def test_fewer_candidates_than_k_have_a_reason(six, files):
    hits = six.search(files[0], "red", k=7, exclude=["b"], where={"n": [0, 1]})
    assert hits == [] and isinstance(hits, Hits)
    assert hits.reason == "only 0 candidates where n $in (0, 1), 2 excluded"
    hits = six.search(files[0], "red", k=6)
    assert len(hits) == 5 and hits.reason == "only 5 candidates, 1 excluded"
    hits = six.search_embeddings(random_rows(1, 32), k=10**9)[0]
    assert len(hits) == 6 and hits.reason == "only 6 candidates"
    six.remove(list("abcdef"))
    assert six.search(files[0], "red", k=1).reason == "the gallery is empty"


def test_a_condition_leaves_only_candidates_it_holds_for(six, files):
    for where, want in (
        ({"n": {"$gte": 3}}, "def"),
        ({"n": [1, 5]}, "bf"),
        ({"n": {"$ne": 1}}, "acdef"),
        ({"other": 1}, ""),
    ):
        hits = six.search_embeddings(random_rows(1, 32), 6, where=where)[0]
        assert set(ids(hits)) == set(want)
    six.update(["a"], metadata=[{"n": 5}])
    hits = six.search_embeddings(random_rows(1, 32), 6, where={"n": 5})[0]
    assert set(ids(hits)) == {"a", "f"}


def test_without_a_modification_images_like_the_reference(six, files, model):
    hits = six.search(files[2], k=2)
    rows = model.embed_targets([Image.open(f) for f in files])
    want = {id: (row, {}) for id, row in zip("abcdef", rows, strict=True)}
    assert_best(hits, best(want, rows[2], 2, exclude="c"))
    assert ids(six.search(reference_id="c", k=2)) == ids(hits)


def test_without_a_reference_images_that_the_text_describes(six, files, model):
    hits = six.search(modification="red shoes", k=6)
    rows = model.embed_targets([Image.open(f) for f in files])
    want = {id: (row, {}) for id, row in zip("abcdef", rows, strict=True)}
    assert_best(hits, best(want, model.embed_texts(["red shoes"])[0], 6))


def test_texts_alone_need_a_model_that_embeds_them(six, monkeypatch):
    monkeypatch.delattr(FakeModel, "embed_texts")
    with pytest.raises(TypeError, match=r"`embed_texts`.*FakeModel"):
        six.search(modification="red shoes")


def test_a_batch_answers_like_single_searches(six, files, pixels):
    references = [files[0], pixels(1, seed=3)[0], None, files[3], None]
    texts = ["red", "blue and small", "green", None, "yellow"]
    arguments = {
        "reference_ids": [None, "c", "d", None, None],
        "exclude": [["f"], [], [], ["a"], []],
        "where": {"n": {"$lt": 5}},
    }
    batch = six.search_batch(references, texts, 4, **arguments)
    single = [
        six.search(r, t, 4, e, i, arguments["where"])
        for r, t, i, e in zip(
            references,
            texts,
            arguments["reference_ids"],
            arguments["exclude"],
            strict=True,
        )
    ]
    # Sums of one row and of several are rounded differently.
    assert [ids(hits) for hits in batch] == [ids(hits) for hits in single]
    assert [hit.score for hits in batch for hit in hits] == pytest.approx(
        [hit.score for hits in single for hit in hits], abs=1e-6
    )
    assert [h.reason for h in batch] == [h.reason for h in single]
    arrays = six.search_batch(pixels(2, seed=4), texts[:2], 6)
    pil = [Image.fromarray(image) for image in pixels(2, seed=4)]
    assert six.search_batch(pil, texts[:2], 6) == arrays
    assert six.search_batch([], [], 3) == []


def test_more_queries_than_one_chunk(six, pixels, monkeypatch):
    references, texts = pixels(5, seed=2), [f"make it {i}" for i in range(5)]
    want = six.search_batch(references, texts, 3)
    monkeypatch.setattr("keras_cmr.retrieval.decoding._IMAGES_PER_PIECE", 2)
    got = six.search_batch(references, texts, 3)
    assert [ids(hits) for hits in got] == [ids(hits) for hits in want]


def test_search_embeddings_scales_the_queries_and_excludes_ids(
    six, model, pixels
):
    targets = model.embed_targets(pixels(6))
    found = six.search_embeddings(7 * targets, 6)
    assert [hits[0].id for hits in found] == list("abcdef")
    assert [hits[0].score for hits in found] == pytest.approx([1] * 6)
    left = six.search_embeddings(targets, 5, [[i] for i in "abcdef"])
    assert [ids(h) for h in left] == [ids(h)[1:] for h in found]
    assert six.search_embeddings(targets[:0], 3) == []


def test_equal_scores_come_in_order_of_addition(gallery):
    rows = unit(np.eye(32))[[3, 1, 1, 3, 1, 2]]
    gallery.add_embeddings(rows, list("dbacef"))
    gallery.add_embeddings(rows[1:2], ["0"])
    for one in (
        gallery,
        Gallery.open(gallery.stats()["location"], FakeModel()),
    ):
        assert ids(one.search_embeddings(rows[1:2], 3)[0]) == ["b", "a", "e"]
        assert ids(one.search_embeddings(rows[1:2], 4)[0]) == list("bae0")
    gallery.update(["b"], metadata=[{"n": 1}])
    gallery.compact()
    assert ids(gallery.search_embeddings(rows[1:2], 4)[0]) == list("ae0b")


picture = np.zeros((4, 4, 3), np.uint8)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((), ValueError, "`reference`.*`modification` must be given.*none"),
        ((picture, ""), ValueError, "`modification` must not be empty.*''"),
        ((picture, " \n"), ValueError, "`modification` must not be empty"),
        ((picture, ["a"]), TypeError, "`modification` must be a string"),
        ((picture, 3), TypeError, "`modification` must be a string.*3"),
        ((picture, "red", 0), ValueError, "`k` must be at least 1.*k=0"),
        ((picture, "red", -1), ValueError, "`k` must be at least 1"),
        ((picture, "red", 1.0), TypeError, "`k` must be an integer.*1.0"),
        ((picture, "red", True), TypeError, "`k` must be an integer"),
        ((picture, "red", None), TypeError, "`k` must be an integer"),
        ((picture, "red", 6, "a"), TypeError, "`exclude` .*Received: 'a'"),
        ((picture, "red", 6, 3), TypeError, "`exclude` .*Received: 3"),
        ((picture, "red", 6, None), TypeError, "`exclude` .*Received: None"),
        ((picture, "red", 6, [3]), TypeError, "`exclude` must be an id"),
        ((picture, "red", 1, ["z"]), ValueError, "`exclude`.*gallery.*'z'"),
        ((picture, "red", 1, (), "z"), ValueError, "`reference_id`.*'z'"),
        ((picture, "red", 1, (), 3), TypeError, "`reference_id`.*id.*3"),
        ((picture, "red", 1, (), None, "n"), TypeError, "`where` must be a d"),
        (("none.png", "red", 1), ValueError, "readable.*none.png.*FileNotF"),
        (("none.png", None, 1), ValueError, "readable.*none.png.*FileNotF"),
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
        (([None], [None]), ValueError, "must be given. Received: none"),
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
        ((np.ones((1, 32)), 1, [["g"]]), ValueError, "`exclude`.*'g'"),
        ((np.ones((1, 32)), 1, []), ValueError, "`exclude`.*0 for 1 queries"),
        ((np.ones((1, 32)), 0), ValueError, "`k` must be at least 1"),
    ],
)
def test_bad_arguments_of_search_embeddings(six, arguments, error, message):
    with pytest.raises(error, match=message):
        six.search_embeddings(*arguments)


def test_an_id_without_a_file_needs_the_image_too(gallery, pixels):
    gallery.add(pixels(3), verbose=0)
    with pytest.raises(ValueError, match=r"`reference` must be given too.*'1'"):
        gallery.search(reference_id="1", modification="red", k=1)
    hits = gallery.search(pixels(3)[1], "red", k=2, reference_id="1")
    assert set(ids(hits)) == {"0", "2"}


def test_a_query_embedding_that_is_not_finite_is_refused(six, files):
    class Broken(FakeModel):
        def embed_queries(self, references, modifications):
            return np.nan * super().embed_queries(references, modifications)

    six._given_model = Broken()
    with pytest.raises(ValueError, match="query embeddings must be finite"):
        six.search(files[0], "red", k=1)


def test_a_model_that_loses_a_query_is_refused(six, files):
    class Losing(FakeModel):
        def embed_queries(self, references, modifications):
            return super().embed_queries(references, modifications)[1:]

    six._given_model = Losing()
    with pytest.raises(ValueError, match=r"one embedding per query.*0 for 1"):
        six.search(files[0], "red", k=1)


@pytest.fixture(scope="module", params=[20_000, 256], ids=["exact", "scann"])
def large(request, tmp_path_factory):
    """600 rows, a third updated or removed since, some beside the index."""
    if request.param == 256:
        request.getfixturevalue("scann_module")
    folder = tmp_path_factory.mktemp("large") / "g"
    gallery = Gallery.create(folder, FakeModel(), 1.0, request.param)
    rows = clustered_rows(600)
    names = [str(i) for i in range(600)]
    metadata = [{"n": i, "even": i % 2 == 0} for i in range(600)]
    table = {}

    def add(part):
        gallery.add_embeddings(rows[part], names[part], metadata[part])
        for i in range(600)[part]:
            table[names[i]] = (rows[i], metadata[i])

    add(slice(0, 500))
    gallery.compact()
    add(slice(500, 600))
    gone = [str(i) for i in range(100, 160)]
    gallery.remove(gone)
    changed = [str(i) for i in range(0, 100, 2)]
    gallery.update(changed, metadata=[{"n": -1}] * len(changed))
    for id in gone:
        del table[id]
    for id in changed:
        vector, _ = table.pop(id)
        table[id] = (vector, {"n": -1})
    engine = "scann" if request.param == 256 else "exact"
    assert gallery.stats()["engine"] == engine
    return gallery, table


@hypothesis.settings(max_examples=40, deadline=None)
@hypothesis.given(data=st.data())
def test_equals_a_dictionary(large, data):
    gallery, table = large
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    queries = clustered_rows(3, seed=data.draw(st.integers(0, 999)))
    k = data.draw(st.sampled_from([1, 5, 40, 90, 300, 1000]))
    counts = [data.draw(st.sampled_from([0, 1, 30, 150])) for _ in queries]
    low = data.draw(st.sampled_from([None, -5, 10, 300, 500, 540, 595, 599]))
    names = np.array(list(table))
    exclude = [
        # The worst to leave out are the best.
        [id for _, id in best(table, query, count)]
        if rng.random() < 0.5
        else rng.choice(names, count, replace=False).tolist()
        for query, count in zip(queries, counts, strict=True)
    ]
    where = None if low is None else {"n": {"$gte": low}}
    found = gallery.search_embeddings(queries, k, exclude, where)
    for hits, query, out in zip(found, queries, exclude, strict=True):
        want = best(
            table,
            query,
            k,
            out,
            lambda metadata: low is None or metadata["n"] >= low,
        )
        assert_best(hits, want)
        assert not set(ids(hits)) & set(out)
        assert all(h.metadata == table[h.id][1] for h in hits)
        assert (hits.reason is None) == (len(want) == k)
