import numpy as np
import pytest

from keras_cmr.retrieval import engine
from keras_cmr.retrieval.settings import Settings


@pytest.fixture
def vectors():
    rows = np.random.default_rng(0).normal(size=(600, 16))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32)


def missing():
    raise ImportError("no such engine")


def test_few_images_are_searched_exactly_without_a_warning(vectors):
    got = engine.build_engine(vectors, Settings(exact_below=601))
    assert got.name == "exact" and got.index is None
    assert got.reason == "fewer saved images than exact_below=601"


def test_many_images_get_a_calibrated_index(scann, vectors):
    got = engine.build_engine(vectors, Settings(0.9, exact_below=600))
    assert got.name == "scann" and got.index.num_rows == 600
    assert got.calibration["reached"]


def test_without_scann_a_warning_says_so(vectors, monkeypatch):
    monkeypatch.setattr(engine, "load_scann", missing)
    with pytest.warns(UserWarning, match="Exact search is used: no such"):
        got = engine.build_engine(vectors, Settings(exact_below=600))
    assert got == (None, None, "no such engine")


def test_an_index_that_cannot_be_used_here_is_warned_about(monkeypatch):
    monkeypatch.setattr(engine, "load_scann", missing)
    manifest = {"engine": "scann", "calibration": {}, "reason": "large"}
    with pytest.warns(UserWarning, match="Exact search is used: no such"):
        got = engine.load_engine(None, manifest)
    assert got.name == "exact" and got.reason == "no such engine"


def test_a_recall_out_of_reach_means_exact_search(scann, vectors, monkeypatch):
    monkeypatch.setattr(
        engine, "calibrate", lambda *_: {"reached": False, "results": []}
    )
    with pytest.warns(UserWarning, match="did not reach recall_target=1"):
        got = engine.build_engine(vectors, Settings(1.0, exact_below=600))
    assert got.name == "exact" and got.calibration["reached"] is False


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"recall_target": 0}, ValueError, "above 0 and at most 1.*: 0"),
        ({"recall_target": 1.01}, ValueError, "above 0 and at most 1"),
        ({"recall_target": float("nan")}, ValueError, "above 0"),
        ({"recall_target": "1"}, TypeError, "must be a number. Received: '1'"),
        ({"recall_target": True}, TypeError, "must be a number"),
        ({"exact_below": 255}, ValueError, "at least 256.*Received: 255"),
        ({"exact_below": 1e4}, TypeError, "must be an integer.*10000.0"),
        ({"exact_below": None}, TypeError, "must be an integer"),
    ],
)
def test_bad_settings_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        Settings(**arguments)
