import numpy as np
import pytest

from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval.local import engine
from keras_cmr.retrieval.local.blocks import Blocks
from keras_cmr.retrieval.local.columns import Columns
from keras_cmr.retrieval.local.manifest import read_manifest
from keras_cmr.retrieval.local.rows import Rows
from keras_cmr.retrieval.local.table import Snapshot
from keras_cmr.retrieval.settings import Settings
from tests.retrieval.dictionary import clustered_rows
from tests.retrieval.dictionary import random_rows


@pytest.fixture
def state():
    """`Rows` and `Blocks` of 600 rows of which one in six is removed."""
    vectors = random_rows(600)
    places = np.flatnonzero(np.arange(600) % 6)
    names = [str(i) for i in places]
    empty = [None] * 500
    columns = Columns(1000 + places, names, empty, ["{}"] * 500, None, None)
    return Rows(Snapshot(places, columns, [vectors])), Blocks([vectors])


def missing():
    raise ImportError("no such engine")


def test_few_images_are_searched_exactly_without_a_warning(state):
    got = engine.build_engine(*state, Settings(exact_below=501))
    assert got.name == "exact" and got.index is None
    assert got.reason == "fewer images than exact_below=501"


def test_many_images_get_a_calibrated_index(scann, state):
    got = engine.build_engine(*state, Settings(0.9, exact_below=500))
    assert got.name == "scann" and got.calibration["reached"]
    assert got.index.rows.tolist() == state[0].living().tolist()
    assert got.num_indexed == 600


def test_without_scann_a_warning_says_so(state, monkeypatch):
    monkeypatch.setattr(engine, "load_scann", missing)
    with pytest.warns(UserWarning, match="Exact search is used: no such"):
        got = engine.build_engine(*state, Settings(exact_below=500))
    assert got == (None, None, "no such engine", 0)


def test_a_recall_out_of_reach_means_exact_search(scann, state, monkeypatch):
    monkeypatch.setattr(
        engine, "calibrate", lambda *_: {"reached": False, "results": []}
    )
    with pytest.warns(UserWarning, match="did not reach recall_target=1"):
        got = engine.build_engine(*state, Settings(1.0, exact_below=500))
    assert got.name == "exact" and got.calibration["reached"] is False


@pytest.fixture
def indexed(tmp_path, model, scann):
    gallery = Gallery.create(tmp_path / "g", model, 0.9, exact_below=256)
    gallery.add_embeddings(clustered_rows(400), [str(i) for i in range(400)])
    gallery.compact()
    return gallery


def opened(gallery, model):
    return Gallery.open(gallery.stats()["location"], model)


def test_an_index_of_another_scann_is_warned_about(indexed, model, monkeypatch):
    def refuse(*_):
        raise RuntimeError("proto of another version")

    monkeypatch.setattr(engine.ScannIndex, "load", refuse)
    with pytest.warns(UserWarning, match="another version; `compact` builds"):
        assert opened(indexed, model).stats()["engine"] == "exact"


def test_an_index_that_cannot_be_used_here_is_warned_about(
    indexed, model, monkeypatch
):
    monkeypatch.setattr(engine, "load_scann", missing)
    with pytest.warns(UserWarning, match="Exact search is used: no such"):
        got = opened(indexed, model)
    assert got.stats()["reason"] == "no such engine"
    assert got.stats()["calibration"]["reached"]


def test_rows_of_the_index_are_found_again_by_serial(
    indexed, model, monkeypatch
):
    """After removals, updates, additions and joins of files."""
    rng = np.random.default_rng(0)
    monkeypatch.setattr("keras_cmr.retrieval.local.table._MANY_FILES", 6)
    for step in range(20):
        gone = rng.choice(indexed.ids, 2, replace=False).tolist()
        indexed.remove(gone[:1])
        indexed.update(gone[1:], metadata=[{"n": step}])
        indexed.add_embeddings(random_rows(1, 32, step), [f"new {step}"])
    state = opened(indexed, model)._backend._state
    rows, index = state.rows, state.engine.index
    folder = indexed._backend.folder
    saved = read_manifest(folder)["index"]["folder"]
    serials = np.load(folder / saved / "serials.npy")
    living = dict(zip(rows.serials[rows.living()], rows.living(), strict=True))
    want = [living.get(serial, -1) for serial in serials]
    assert index.rows.tolist() == want and -1 in want
    assert state.engine.num_indexed == min(
        row for serial, row in living.items() if serial > serials[-1]
    )
    # The whole index may be gone, or all that is not in it.
    indexed.remove([id for id in indexed.ids if id.startswith("new ")])
    again = opened(indexed, model)
    assert set(again.ids) == set(indexed.ids)
    indexed.remove(list(indexed.ids))
    assert len(opened(indexed, model)) == 0
    indexed.add_embeddings(random_rows(1, 32, 7), ["last"])
    (hits,) = opened(indexed, model).search_embeddings(random_rows(1, 32), 5)
    assert [hit.id for hit in hits] == ["last"]
