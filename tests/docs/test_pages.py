"""The pages say what the repository says."""

import re
import runpy
from pathlib import Path

import pytest
import setuptools

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def pages():
    return {
        path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8")
        for path in DOCS.rglob("*.md")
    }


@pytest.fixture(scope="module")
def packaging():
    """What setup.py gives to setuptools."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setuptools, "setup", found.update)
        runpy.run_path(str(ROOT / "setup.py"))
    return found


def first_cells(table):
    return [
        cell.strip("` ") for cell in re.findall(r"^\| (`.+?`) \|", table, re.M)
    ]


def test_every_dependency_has_a_reason(packaging):
    required, extras = pages()["dependencies.md"].split("The extras")
    names = [
        re.match(r"[\w-]+", line)[0] for line in packaging["install_requires"]
    ]
    assert sorted(first_cells(required)) == sorted(names)
    assert sorted(first_cells(extras)) == sorted(packaging["extras_require"])


def test_what_is_included_is_there():
    shown = "\n".join(pages().values())
    found = re.findall(r"^<!-- include (\S+?)(?:#(\S+))? -->$", shown, re.M)
    assert len(found) > 10
    for source, anchor in found:
        text = (ROOT / source).read_text(encoding="utf-8")
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        slugs = [
            re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            for heading in headings
        ]
        assert not anchor or anchor in slugs, (source, anchor)


def test_no_result_is_left_out():
    shown = "\n".join(pages().values())
    for path in (ROOT / "benchmarks" / "results").rglob("*.md"):
        place = path.relative_to(ROOT).as_posix()
        assert f"<!-- include {place} -->" in shown


def test_no_figure_is_copied():
    """Tables of our results are included, never typed."""
    for name in ("results.md", "speed.md"):
        text = pages()[f"benchmarks/{name}"]
        assert "|" not in text.replace("||", "")


def test_every_guide_is_listed():
    index = pages()["guides/index.md"]
    for path in (DOCS / "guides").glob("*.md"):
        assert path.name == "index.md" or f"]({path.name})" in index


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text()
    for page in pages():
        assert re.search(rf"[ :]{re.escape(page)}$", navigation, re.MULTILINE)
