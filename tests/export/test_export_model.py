"""The card, the folder that is whole or not there, and bad input."""

import json

import keras
import numpy as np
import pytest

from keras_cmr.export import export_model
from keras_cmr.export import read_card
from keras_cmr.retrieval import Gallery
from keras_cmr.version import __version__


def test_card(model, exported):
    card = read_card(exported)
    assert card["fingerprint"] == model.fingerprint
    assert card["keras_cmr"] == __version__
    assert card["versions"]["keras"] == keras.__version__
    assert (card["image_size"], card["embedding_dim"]) == (16, 8)
    assert card["command"] == "as typed"
    signatures = card["formats"]["saved_model"]["signatures"]
    assert signatures["serving_default"] == {
        "inputs": {
            "reference_bytes": {"dtype": "string", "shape": [None]},
            "modification": {"dtype": "string", "shape": [None]},
        },
        "outputs": {"embedding": {"dtype": "float32", "shape": [None, 8]}},
    }
    files = {
        path.relative_to(exported).as_posix()
        for path in exported.rglob("*")
        if path.is_file()
    }
    assert set(card["files"]) == files - {"export.json"}


def test_preprocessing(model, exported):
    described = json.loads((exported / "preprocessing.json").read_text())
    assert described["image"]["size"] == 16
    words = described["text"]["words"]
    assert tuple(words) == model.text_encoder.vocabulary
    row = model.text_encoder.tokenize(["blue"])[0]
    assert row == words.index("blue") + described["text"]["first_id"]


def test_damage_is_found(exported, tmp_path):
    card = json.loads((exported / "export.json").read_text())
    for path in card["files"]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes((exported / path).read_bytes())
    with pytest.raises(ValueError, match=r"has no export\.json"):
        read_card(tmp_path)
    (tmp_path / "export.json").write_text(json.dumps(card))
    assert read_card(tmp_path) == card
    graph = tmp_path / "saved_model" / "1" / "saved_model.pb"
    graph.write_bytes(graph.read_bytes()[:-1])
    with pytest.raises(ValueError, match="is missing or damaged"):
        read_card(tmp_path)
    for text, message in (
        ("{", "Can't read"),
        ('{"format": 2, "files": {}}', "must be of format 1"),
    ):
        (tmp_path / "export.json").write_text(text)
        with pytest.raises(ValueError, match=message):
            read_card(tmp_path)


def test_after_an_error_nothing_is_there(model, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "keras_cmr.export.exporting.write_saved_model",
        lambda model, folder, candidates: folder.mkdir(parents=True) or 1 / 0,
    )
    with pytest.raises(ZeroDivisionError):
        export_model(model, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_taken(model, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "keras_cmr.export.exporting.write_saved_model",
        lambda model, folder, candidates: {},
    )
    (tmp_path / "out").mkdir()
    export_model(model, tmp_path / "out")
    assert read_card(tmp_path / "out")["fingerprint"] == model.fingerprint
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    with pytest.raises(ValueError, match="new or empty folder"):
        export_model(model, tmp_path / "out")


@pytest.fixture
def gallery(tmp_path, model):
    made = Gallery.create(tmp_path / "gallery", model)
    rows = np.random.default_rng(0).normal(size=(5, 8)).astype("float32")
    made.add_embeddings(rows, list("abcde"))
    return made


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"formats": "tensorrt"}, "`formats` must be among"),
        ({"formats": ()}, "at least one"),
        ({"engine": "faiss"}, "`engine` must be one of"),
        ({"text_length": 0}, "`text_length`.*at least 1.*Received: 0"),
        ({"text_length": "9"}, "`text_length` must be an integer.*'9'"),
        ({"formats": "onnx", "gallery": True}, "in a SavedModel alone"),
        ({"int8": True, "gallery": True}, "of the float model"),
        ({"engine": "scann", "gallery": True}, "needs at least 256 images"),
    ],
)
def test_bad_arguments(arguments, message, model, gallery, tmp_path):
    if "gallery" in arguments:
        arguments = {**arguments, "gallery": gallery}
    with pytest.raises(ValueError, match=message):
        export_model(model, tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()


def test_an_empty_gallery(model, tmp_path):
    empty = Gallery.create(tmp_path / "gallery", model)
    with pytest.raises(ValueError, match="at least one image"):
        export_model(model, tmp_path / "out", gallery=empty)
    assert not (tmp_path / "out").exists()


def test_a_gallery_of_another_model(map_model, gallery, tmp_path):
    with pytest.raises(ValueError, match="must be of this model"):
        export_model(map_model, tmp_path / "out", gallery=gallery)
