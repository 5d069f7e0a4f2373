"""The code on the pages of docs runs, from top to bottom."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
# A guide without code is an oversight, another page need not have any.
PAGES = sorted(
    path
    for path in DOCS.rglob("*.md")
    if BLOCK.search(path.read_text(encoding="utf-8"))
    or (path.parent.name == "guides" and path.name != "index.md")
)


@pytest.mark.parametrize(
    "page", PAGES, ids=lambda path: str(path.relative_to(DOCS).with_suffix(""))
)
def test_page(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_CMR_CACHE", str(tmp_path / "cache"))
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert blocks
    exec(compile("\n".join(blocks), page.name, "exec"), {})
