"""Every public name is on a page of docs/api, with arguments that exist."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

from tests.test_docstrings import MODULES

PAGES = Path(__file__).parents[2] / "docs" / "api"
SECTION = re.compile(r"^Args:\n((?:(?:    .*)?\n)+)", re.MULTILINE)
ENTRY = re.compile(r"^    (\*{0,2}\w+(?:, \*{0,2}\w+)*):", re.MULTILINE)


def public_names():
    for module_name in MODULES:
        module = importlib.import_module(f"keras_cmr.{module_name}")
        for name in module.__all__:
            yield pytest.param(module, name, id=f"{module_name}.{name}")


def described(thing):
    """The arguments that a docstring lists."""
    section = SECTION.search((inspect.getdoc(thing) or "") + "\n")
    names = ENTRY.findall(section[1]) if section else []
    return {name for found in names for name in found.split(", ")}


def accepted(thing):
    """The arguments that a call takes, with the stars before some."""
    stars = {
        inspect.Parameter.VAR_POSITIONAL: "*",
        inspect.Parameter.VAR_KEYWORD: "**",
    }
    return {
        stars.get(parameter.kind, "") + name
        for name, parameter in inspect.signature(thing).parameters.items()
    }


def unknown(thing):
    """The arguments that a docstring of ours lists and no call takes."""
    module = getattr(thing, "__module__", None) or ""
    if not module.startswith(("keras_cmr", "tests")):
        return set()
    named = described(thing)
    return named - accepted(thing) if named else named


@pytest.mark.parametrize("module_name", MODULES)
def test_every_module_is_on_a_page(module_name):
    pages = "\n".join(path.read_text() for path in PAGES.glob("*.md"))
    assert f"::: keras_cmr.{module_name}\n" in pages + "\n"


@pytest.mark.parametrize(("module", "name"), list(public_names()))
def test_arguments(module, name):
    thing = getattr(module, name)
    # What has no docstring of its own does not appear on the page.
    assert thing.__doc__
    assert unknown(thing) == set()
    if inspect.isclass(thing):
        for method_name, method in inspect.getmembers(thing, inspect.isroutine):
            if not method_name.startswith("_"):
                assert unknown(method) == set(), method_name


def test_wrong_arguments_would_be_seen():
    def wrong(there):
        """Wrong.

        Args:
            there: Int.
            gone: Int.
            more, **rest: Others.
        """

    assert unknown(wrong) == {"gone", "more", "**rest"}
