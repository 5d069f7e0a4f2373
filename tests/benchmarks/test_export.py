"""benchmarks/export.py on an untrained model."""

import json

import pytest

from benchmarks import export


@pytest.mark.large
def test_every_format_in_its_own_runtime(tmp_path, capsys):
    pytest.importorskip("onnxruntime")
    export.main(["--smoke", "--out", str(tmp_path)])
    rows = json.loads((tmp_path / "css.json").read_text())["rows"]
    assert list(rows) == [
        *("Keras", "SavedModel", "ONNX", "LiteRT"),
        *("SavedModel int8", "ONNX int8", "LiteRT int8"),
    ]
    for title, row in rows.items():
        near = row["largest_difference"] < 1e-5
        assert near == (not title.endswith("int8"))


def test_table():
    figures = {"b": 0.5, "difference": -0.0125, "low": -0.02, "high": 0.0}
    row = {
        "megabytes": 1.26,
        "cpu_ms": 3.0,
        "largest_difference": 0.0312,
        "against_keras": {name: figures for name in export.FIGURES},
    }
    last = export.table({"rows": {"ONNX int8": row}}).splitlines()[-1]
    cell = "50.00 (-1.25 [-2.00, +0.00])"
    assert last == f"| ONNX int8 | 1.3 | 3.0 | 0.03 | {cell} | {cell} |"
