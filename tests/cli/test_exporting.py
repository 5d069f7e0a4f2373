"""keras-cmr export."""

import pytest

from tests.command_line import call
from tests.command_line import ok


@pytest.fixture(autouse=True)
def loaded(monkeypatch):
    monkeypatch.setattr("keras_cmr.cli.exporting.load_model", lambda _: Model())


class Model:
    fingerprint = "f" * 64
    embed_queries = embed_targets = None


def test_export_writes_what_is_asked(tmp_path, monkeypatch):
    asked = {}

    def export_model(model, out, **kwargs):
        asked.update(kwargs)
        asked["model"] = model
        out.mkdir()

    card = {
        "formats": {"onnx": {"path": "onnx"}},
        "files": {"onnx/query.onnx": {"bytes": 2_500_000}},
    }
    monkeypatch.setattr("keras_cmr.export.export_model", export_model)
    monkeypatch.setattr("keras_cmr.export.read_card", lambda out: card)
    out = tmp_path / "out"
    printed = ok(
        *("export", "run", "--out", out, "--format", "onnx"),
        *("--format", "litert", "--int8", "--text-length", 9),
    )
    assert asked["formats"] == ["onnx", "litert"]
    assert asked["int8"] and asked["text_length"] == 9
    assert asked["gallery"] is None and isinstance(asked["model"], Model)
    assert f"{out / 'onnx'}: 2.5 MB" in printed
    assert str(out / "export.json") in printed


def test_errors_are_one_line(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    for arguments, message in (
        (("--out", tmp_path / "full"), "new or empty folder"),
        (("--out", tmp_path / "x", "--format", "pdf"), "`formats` must be"),
        (("--out", tmp_path / "x", "--gallery", tmp_path / "none"), "/none"),
    ):
        result = call("export", "run", *arguments)
        assert result.exit_code == 2
        assert message in result.output
        assert result.output.count("\n") == 1
    assert not (tmp_path / "x").exists()
