"""The reader in docs/guides/export.md, which knows nothing of Keras."""

import re
from pathlib import Path

import numpy as np
import pytest

from keras_cmr.export import export_model
from tests.export.expected import TOLERANCE

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "export.md"


def test_reader(model, pictures, tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("tf2onnx")
    (code,) = re.findall(
        r"```py\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL
    )
    assert "keras" not in code
    export_model(model, tmp_path / "exported", "onnx")
    (tmp_path / "shoe.jpg").write_bytes(pictures[0])
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(code, GUIDE.name, "exec"), names)
    wanted = model.embed_queries(["shoe.jpg"], ["make it red"])
    np.testing.assert_allclose(names["query"], wanted, atol=TOLERANCE)
