"""`dir()` shows what is public and nothing else, and all of it is there."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import keras_cmr
from tests.test_docstrings import MODULES

BENCHMARKS = {
    "circo",
    "cirr",
    "css",
    "fashion200k",
    "fashioniq",
    "mit_states",
    "shoes",
    "triplets",
}


def test_package():
    assert dir(keras_cmr) == sorted(keras_cmr.__all__)
    for name in keras_cmr.__all__:
        assert getattr(keras_cmr, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'gan'"):
        keras_cmr.gan  # noqa: B018


def test_type_checkers_see_the_same():
    text = Path(keras_cmr.__file__).read_text(encoding="utf-8")
    for name in keras_cmr.__all__:
        assert name == "__version__" or f"import {name} as {name}\n" in text


@pytest.mark.parametrize("name", MODULES)
def test_module(name):
    module = importlib.import_module(f"keras_cmr.{name}")
    expected = set(module.__all__)
    if name == "datasets":
        expected |= BENCHMARKS
    assert dir(module) == sorted(expected)
    for public in expected:
        assert getattr(module, public) is not None
    with pytest.raises(AttributeError):
        module.gan  # noqa: B018


def test_benchmarks_come_without_an_import_of_their_own():
    code = (
        "import keras_cmr\n"
        "assert keras_cmr.datasets.cirr.read\n"
        "assert keras_cmr.datasets.css.generate"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_package_alone_imports_nothing_heavy():
    code = (
        "import sys\nimport keras_cmr\n"
        "print(sorted({'keras', 'tensorflow', 'numpy', 'matplotlib', 'PIL'}"
        " & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert found.stdout.strip() == "[]"
