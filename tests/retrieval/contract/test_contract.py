"""What `Gallery` promises, of every backend alike."""

import threading

import numpy as np
import pytest

from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval.locations import holds_gallery
from keras_cmr.retrieval.where import Where
from tests.retrieval.contract.expected import Expected
from tests.retrieval.contract.expected import assert_found
from tests.retrieval.contract.expected import unit
from tests.retrieval.fake_model import FakeModel

IDS = [
    "a",
    "b b",
    "c/'\"\\%41",
    "ü\n日本",
    "e\0",
    "~%",
    "A",
    "0",
    "é",
    "e\u0301",
]


@pytest.fixture
def gallery(location, model):
    return Gallery.create(location, model)


@pytest.fixture
def filled(gallery):
    """A gallery of ten rows and the dictionary that it must equal."""
    rng = np.random.default_rng(0)
    vectors = unit(rng, 10)
    # The last two rows tie for any query.
    vectors[9] = vectors[8]
    metadata = [{"n": i, "shop": "xy"[i % 2]} for i in range(10)]
    paths = [None if i % 3 else f"/photos/{i % 2} ü'.png" for i in range(10)]
    expected = Expected()
    expected.add(IDS, vectors, metadata, paths)
    gallery.add_embeddings(vectors, IDS, metadata, paths)
    return gallery, expected


def test_what_was_added_is_there_at_once_and_after_reopening(
    filled, location, model
):
    gallery, expected = filled
    for each in (gallery, Gallery.open(location, model)):
        assert each.ids == tuple(IDS) and len(each) == 10
        assert "c/'\"\\%41" in each and "c/'\"\\A" not in each
        records = each._backend.records([*IDS, "nobody"])
        assert records.pop() is None
        vectors = each._backend.vectors(IDS[::-1])
        assert np.array_equal(
            vectors, [expected.rows[id][0] for id in IDS[::-1]]
        )
        for record in records:
            _, metadata, path = expected.rows[record.id]
            assert (record.metadata, record.path) == (metadata, path)
        query = unit(np.random.default_rng(1), 1)
        assert_found(
            each.search_embeddings(query, 10)[0],
            expected.search(query[0], 10),
        )
        assert each.verify()


def test_a_sample(filled):
    gallery, expected = filled
    drawn = gallery.sample(4, seed=1)
    ids = [record.id for record in drawn]
    assert ids == sorted(ids, key=IDS.index) and len(set(ids)) == 4
    for record in drawn:
        _, metadata, path = expected.rows[record.id]
        assert (record.metadata, record.path) == (metadata, path)
    assert gallery.sample(4, seed=1) == drawn
    # Forty draws of four miss one of ten once in a hundred million.
    seen = {record.id for s in range(40) for record in gallery.sample(4, s)}
    assert seen == set(IDS)
    where = {"shop": "x", "n": {"$gt": 2}}
    fits = [record.id for record in gallery.sample(9, 0, where)]
    assert fits == [IDS[4], IDS[6], IDS[8]]
    gallery.remove(IDS[1:])
    assert [record.id for record in gallery.sample(9)] == IDS[:1]
    assert gallery.sample(9, where={"shop": "y"}) == []
    gallery.remove(IDS[:1])
    assert gallery.sample(9) == []
    with pytest.raises(ValueError, match="`count` must be at least 1"):
        gallery.sample(0)


def test_a_sample_of_nothing(gallery):
    assert gallery.sample(3) == gallery.sample(3, 0, {"a": 1}) == []


def test_vectors_of_ids_in_the_order_asked_for(filled):
    gallery, expected = filled
    wanted = [IDS[7], IDS[0], IDS[4]]
    found = gallery._backend.vectors(wanted)
    assert found.dtype == np.float32
    for id, vector in zip(wanted, found, strict=True):
        assert np.array_equal(vector, expected.rows[id][0])
    with pytest.raises(ValueError, match=r"`ids` must be in the.*'nobody'"):
        gallery._backend.vectors(["a", "nobody"])


def test_a_gallery_is_known_to_exist(new_location, model):
    location = new_location()
    assert not holds_gallery(location)
    Gallery.create(location, model)
    assert holds_gallery(location)


def test_without_a_model_all_works_but_what_embeds(filled, location, pixels):
    _, expected = filled
    gallery = Gallery.open(location)
    query = unit(np.random.default_rng(1), 1)
    assert_found(
        gallery.search_embeddings(query, 10)[0], expected.search(query[0], 10)
    )
    gallery.remove(["a"])
    assert len(gallery) == 9 and gallery.verify()
    image = pixels(1)[0]
    for call in (
        lambda: gallery.add([image], verbose=0),
        lambda: gallery.search(image, "in red"),
        lambda: gallery.update(["A"], [image], verbose=0),
    ):
        with pytest.raises(TypeError, match="needs the model"):
            call()
    assert len(gallery) == 9


def test_equal_scores_come_in_order_of_addition(filled):
    gallery, expected = filled
    (hits,) = gallery.search_embeddings(expected.rows["é"][0][None], 2)
    assert [hit.id for hit in hits] == [IDS[8], IDS[9]]


def test_rows_of_a_file(filled):
    gallery, _ = filled
    of_path = gallery._backend.ids_of_path
    assert of_path("/photos/0 ü'.png") == [IDS[0], IDS[6]]
    assert of_path("/photos/1 ü'.png") == [IDS[3], IDS[9]]
    assert of_path("/photos/2 ü'.png") == []


def test_rows_in_order_of_addition_in_pieces(filled):
    gallery, expected = filled
    pieces = list(gallery._backend.rows(batch_size=4))
    assert max(len(piece.ids) for piece in pieces) <= 4
    rows = [row for piece in pieces for row in zip(*piece, strict=True)]
    assert [row[0] for row in rows] == IDS
    for id, vector, path, metadata in rows:
        assert np.array_equal(vector, expected.rows[id][0])
        assert (metadata, path) == expected.rows[id][1:]


def test_updates_keep_the_rest_and_count_as_added_anew(filled, location, model):
    gallery, expected = filled
    gallery.update(["b b", "A"], metadata=[{"new": True}, {}])
    for id, metadata in (("b b", {"new": True}), ("A", {})):
        vector, _, path = expected.rows.pop(id)
        expected.rows[id] = (vector, metadata, path)
    for each in (gallery, Gallery.open(location, model)):
        assert each.ids == tuple(expected.rows)
        assert each.ids[-2:] == ("b b", "A")
        query = unit(np.random.default_rng(2), 1)
        (hits,) = each.search_embeddings(query, 10)
        assert_found(hits, expected.search(query[0], 10))
        for hit in hits:
            assert hit.metadata == expected.rows[hit.id][1]
            assert hit.path == expected.rows[hit.id][2]
        assert each.verify()


def test_an_update_of_the_image_keeps_metadata(new_location):
    model = FakeModel(dim=16)
    gallery = Gallery.create(new_location(), model)
    vectors = unit(np.random.default_rng(1), 2)
    gallery.add_embeddings(vectors, ["x", "y"], [{"n": 1}, {"n": 2}])
    pixels = np.random.default_rng(3).integers(0, 256, (8, 8, 3), np.uint8)
    gallery.update(["x"], images=[pixels], verbose=0)
    (hits,) = gallery.search_embeddings(model.embed_targets([pixels]), 2)
    assert hits[0].id == "x" and abs(hits[0].score - 1) < 1e-5
    assert hits[0].metadata == {"n": 1}
    assert gallery.ids == ("y", "x")


def test_removed_rows_are_gone_and_may_come_again(filled, location, model):
    gallery, expected = filled
    gallery.remove(["a", "é"])
    for each in (gallery, Gallery.open(location, model)):
        assert "a" not in each and len(each) == 8
        found = each.search_embeddings(expected.rows["a"][0][None], 10)[0]
        assert {hit.id for hit in found} == set(IDS) - {"a", "é"}
    gallery.add_embeddings(-expected.rows["a"][0][None], ["a"])
    assert gallery.ids[-1] == "a" and len(gallery) == 9
    (hits,) = gallery.search_embeddings(-expected.rows["a"][0][None], 1)
    assert hits[0].id == "a"
    assert gallery.verify()


def test_every_row_can_be_removed(filled):
    gallery, _ = filled
    gallery.remove(IDS)
    assert gallery.ids == () and len(gallery) == 0
    (hits,) = gallery.search_embeddings(unit(np.random.default_rng(0), 1), 3)
    assert hits == [] and hits.reason
    gallery.add_embeddings(unit(np.random.default_rng(0), 1), ["again"])
    assert gallery.ids == ("again",)


def test_exclusion_costs_no_result_and_k_may_be_too_large(filled):
    gallery, expected = filled
    queries = unit(np.random.default_rng(4), 3)
    exclude = [["a"], [], IDS[:8]]
    for k in (1, 2, 9, 10, 1_000):
        found = gallery.search_embeddings(queries, k, exclude)
        for hits, query, ids in zip(found, queries, exclude, strict=True):
            assert_found(hits, expected.search(query, k, ids))
            assert (hits.reason is None) == (len(hits) == k)


VALUES = [
    {"v": True},
    {"v": 1},
    {"v": 1.0},
    {"v": 1.5},
    {"v": "1"},
    {"v": False},
    {"v": 0},
    {"v": None},
    {"v": ""},
    {"v": 'x" or true or "'},
    {"v": "日本 'é' \\ %"},
    {"v": [1, "1", True, None, [2]]},
    {"v": []},
    {"v": {"v": 1}},
    {"w": 1},
    {},
    {"v": 2**53},
    {"v": 2**53 + 1},
    {"v": float(2**53)},
    {"v": 10**30},
    {"v": -(2**63) - 1},
    {"v": 1e-300},
    {"v": -1e300},
    {"k\"e'y\\ ü": 1, "v": 3},
]
CONDITIONS = [
    True,
    False,
    1,
    1.0,
    0,
    "1",
    "",
    'x" or true or "',
    "日本 'é' \\ %",
    [],
    [True, "1"],
    [0, 2**53],
    2**53 + 1,
    10**30,
    {"$ne": 1},
    {"$ne": True},
    {"$ne": "1"},
    {"$contains": 1},
    {"$contains": True},
    {"$contains": "1"},
    {"$contains": 2},
    {"$gt": 1},
    {"$gte": 1},
    {"$lt": 1.5},
    {"$lte": 1.5},
    {"$gt": 2**53},
    {"$lt": 2**53 + 1},
    {"$gte": 10**30},
    {"$gt": float("inf")},
    {"$lt": float("inf")},
    {"$gt": 10**400},
    {"$gte": 0, "$lt": 2, "$ne": 1},
    np.float32(1.5),
    {"$gt": np.float32(0.1)},
    [np.int64(1)],
]


def test_conditions_hold_for_what_where_says(gallery):
    ids = [str(i) for i in range(len(VALUES))]
    vectors = unit(np.random.default_rng(0), len(VALUES))
    gallery.add_embeddings(vectors, ids, VALUES)
    wheres = [{"v": condition} for condition in CONDITIONS]
    wheres += [{"k\"e'y\\ ü": 1}, {"v": 1, "w": 1}, {"x": {"$ne": 1}}]
    for where in wheres:
        parsed = Where.parse(where)
        want = {
            id
            for id, value in zip(ids, VALUES, strict=True)
            if parsed.holds(value)
        }
        (hits,) = gallery.search_embeddings(vectors[:1], 100, where=where)
        assert {hit.id for hit in hits} == want, where
        (some,) = gallery.search_embeddings(vectors[:1], 2, where=where)
        assert [hit.id for hit in some] == [hit.id for hit in hits[:2]]


def test_conditions_and_exclusions_together(filled):
    gallery, expected = filled
    query = unit(np.random.default_rng(5), 1)
    found = gallery.search_embeddings(
        query, 3, [["a", "A"]], {"shop": "x", "n": {"$gte": 2}}
    )

    def holds(metadata):
        return metadata["shop"] == "x" and metadata["n"] >= 2

    assert_found(found[0], expected.search(query[0], 3, {"a", "A"}, holds))


def test_errors_leave_the_rows_as_they_were(filled, location, model):
    gallery, _ = filled
    one = unit(np.random.default_rng(0), 2)
    for write in (
        lambda: gallery.add_embeddings(one, ["new", "a"]),
        lambda: gallery._backend.remove(["a", "nobody"]),
        lambda: gallery.remove(["a", "nobody"]),
        lambda: gallery.update(["a", "nobody"], metadata=[{}, {}]),
    ):
        with pytest.raises(ValueError, match=r"`ids`.*'(a|nobody)'"):
            write()
        assert gallery.ids == tuple(IDS)
    assert Gallery.open(location, model).ids == tuple(IDS)
    with pytest.raises(ValueError, match="'nobody'"):
        gallery._backend.vectors(["a", "nobody"])
    with pytest.raises(ValueError, match="another model"):
        Gallery.open(location, FakeModel("other"))
    with pytest.raises(ValueError, match="`location`"):
        Gallery.create(location, model)


def test_another_program_sees_writes_after_refresh(filled, location, model):
    gallery, _ = filled
    reader = Gallery.open(location, model)
    assert not reader.refresh()
    gallery.add_embeddings(unit(np.random.default_rng(9), 1), ["late"])
    gallery.remove(["a"])
    assert reader.refresh()
    assert reader.ids == gallery.ids and len(reader) == 10
    assert not reader.refresh()


def test_searches_go_on_while_rows_are_added(gallery):
    rng = np.random.default_rng(0)
    first = unit(rng, 30)
    gallery.add_embeddings(first, [f"0 {i}" for i in range(30)])
    errors, stop, answers = [], threading.Event(), 0

    def search():
        nonlocal answers
        while not stop.is_set():
            try:
                (hits,) = gallery.search_embeddings(first[:1], 5)
                assert hits[0].id == "0 0" and len(hits) == 5
                answers += 1
            except BaseException as error:
                errors.append(error)
                raise

    thread = threading.Thread(target=search)
    thread.start()
    try:
        for batch in range(1, 6):
            vectors = unit(rng, 20)
            ids = [f"{batch} {i}" for i in range(20)]
            gallery.add_embeddings(vectors, ids)
            found = gallery.search_embeddings(vectors, 1)
            assert [hits[0].id for hits in found] == ids
            gallery.remove(ids[:10])
            left = gallery.search_embeddings(vectors[:10], 1_000)
            assert all(
                not set(ids[:10]) & {hit.id for hit in hits} for hits in left
            )
    finally:
        stop.set()
        thread.join()
    assert not errors and answers
    assert len(gallery) == 80


def test_whether_there_is_a_gallery(gallery, location, new_location, model):
    assert holds_gallery(location) and not holds_gallery(new_location())
    assert Gallery.open(location).ids == ()


def test_an_empty_gallery(gallery, location, model):
    for each in (gallery, Gallery.open(location, model)):
        assert each.ids == () and "a" not in each
        each.compact()
        assert each.verify() is not None
        assert list(each._backend.rows()) == []
        assert each.stats()["count"] == 0
