"""The examples in the docstrings run, each on its own, without a warning."""

import importlib
import inspect
import logging
import re

import pytest

MODULES = (
    "callbacks",
    "datasets",
    "datasets.circo",
    "datasets.cirr",
    "datasets.css",
    "datasets.fashion200k",
    "datasets.fashioniq",
    "datasets.mit_states",
    "datasets.shoes",
    "datasets.triplets",
    "evaluation",
    "export",
    "layers",
    "losses",
    "metrics",
    "models",
    "photos",
    "retrieval",
    "serving",
    "visualization",
)
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def examples():
    for module_name in MODULES:
        module = importlib.import_module(f"keras_cmr.{module_name}")
        for name in module.__all__:
            text = inspect.getdoc(getattr(module, name)) or ""
            for number, code in enumerate(BLOCK.findall(text)):
                yield pytest.param(code, id=f"{module_name}.{name}-{number}")


@pytest.mark.parametrize("code", list(examples()))
def test_example(code, tmp_path, monkeypatch, caplog, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_CMR_CACHE", str(tmp_path / "cache"))
    exec(compile(code, "example", "exec"), {})
    grave = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert grave == []
    printed = capsys.readouterr()
    assert "warning" not in (printed.out + printed.err).lower()
