"""ONNX files, run by ONNX Runtime; skipped where it is not installed.

Its packages are 115 MB, too much for the extra `test`.
"""

import re
from pathlib import Path

import numpy as np
import pytest

from keras_cmr.export import export_model
from keras_cmr.export import read_card
from tests.export.expected import TOLERANCE
from tests.export.expected import embeddings
from tests.export.expected import prepared

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("tf2onnx")


def run(folder, pixels, tokens):
    """Embeddings by the name of the tower."""
    asked = {
        "query": {"reference": np.stack(pixels), "modification": tokens},
        "target": {"image": np.stack(pixels)},
    }
    found = {}
    for name, inputs in asked.items():
        session = onnxruntime.InferenceSession(folder / f"{name}.onnx")
        (found[name],) = session.run(["embedding"], inputs)
    return found


@pytest.fixture(scope="module")
def onnx(model, tmp_path_factory):
    out = tmp_path_factory.mktemp("onnx") / "out"
    return export_model(model, out, "onnx")


def test_fusion_of_vectors_and_words(model, onnx, pictures):
    wanted = embeddings(model, pictures)
    found = run(onnx / "onnx", *prepared(model, pictures))
    for name, rows in found.items():
        np.testing.assert_allclose(rows, wanted[name], atol=TOLERANCE)


@pytest.mark.large
def test_fusion_of_maps_and_bert(map_model, pictures, tmp_path):
    export_model(map_model, tmp_path / "out", "onnx")
    wanted = embeddings(map_model, pictures)
    found = run(tmp_path / "out" / "onnx", *prepared(map_model, pictures))
    for name, rows in found.items():
        np.testing.assert_allclose(rows, wanted[name], atol=TOLERANCE)


def test_card_says_what_the_files_take(onnx):
    files = read_card(onnx)["formats"]["onnx"]["files"]
    for name, described in files.items():
        session = onnxruntime.InferenceSession(onnx / "onnx" / name)
        found = {x.name: len(x.shape) for x in session.get_inputs()}
        assert found == {
            key: len(value["shape"])
            for key, value in described["inputs"].items()
        }
        assert [x.name for x in session.get_outputs()] == ["embedding"]


def test_the_reader_in_the_guide(model, onnx, pictures, tmp_path, monkeypatch):
    """It knows ONNX Runtime, NumPy and Pillow alone."""
    guide = Path(__file__).parents[2] / "docs" / "guides" / "export.md"
    (code,) = re.findall(
        r"```py\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL
    )
    assert "keras" not in code
    (tmp_path / "exported").symlink_to(onnx)
    (tmp_path / "shoe.jpg").write_bytes(pictures[0])
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(code, guide.name, "exec"), names)
    wanted = model.embed_queries(["shoe.jpg"], ["make it red"])
    np.testing.assert_allclose(names["query"], wanted, atol=TOLERANCE)


@pytest.mark.large
def test_int8_is_smaller_and_near(model, onnx, pictures, tmp_path):
    export_model(model, tmp_path / "out", "onnx", int8=True)
    wanted = embeddings(model, pictures)
    found = run(tmp_path / "out" / "onnx", *prepared(model, pictures))
    for name, rows in found.items():
        error = np.abs(rows - wanted[name]).max()
        assert 0 < error < 0.1
        sizes = [
            (folder / "onnx" / f"{name}.onnx").stat().st_size
            for folder in (tmp_path / "out", onnx)
        ]
        assert sizes[0] < 0.5 * sizes[1]
