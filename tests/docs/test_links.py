"""Links between the repository's own pages lead somewhere, anchors too."""

import posixpath
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("keras_cmr/**/README.md"),
        *ROOT.glob("notebooks/*.md"),
    ]
)
FENCE = re.compile(r"^ *(```|~~~).*?^ *\1$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]+`")
LINK = re.compile(
    r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|(?:src|href)=\"([^\"]+)\""
)
HEADING = re.compile(r"^#+ +(.+?) *#*$", re.MULTILINE)
INCLUDE = re.compile(r"^<!-- include (\S+?)(?:#(\S+))? -->$", re.MULTILINE)
LABEL = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
# Made by tools/site/pages.py from files beside the code.
GENERATED = {
    "docs/contributing.md": "CONTRIBUTING.md",
    "docs/changelog.md": "CHANGELOG.md",
    "docs/releasing.md": "RELEASING.md",
}
BENCHMARK_PAGE = re.compile(r"docs/benchmarks/(\w+)\.md")


def anchors(path):
    """The anchors of a page's headings, as GitHub makes them."""
    text = path.read_text(encoding="utf-8")
    for source, anchor in INCLUDE.findall(text):
        if anchor:
            text += "\n" + (ROOT / source).read_text(encoding="utf-8")
    seen, found = {}, {"tirgcaption-match"}
    for heading in HEADING.findall(FENCE.sub("", text)):
        plain = LABEL.sub(r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        count = seen[slug] = seen.get(slug, -1) + 1
        found.add(f"{slug}-{count}" if count else slug)
    return found


def fault(page, target):
    """What is wrong with a link of a page, or `None`."""
    path, _, anchor = target.partition("#")
    if re.match(r"[a-z]+:", path):
        return None
    if path.startswith("/"):
        return "is not relative"
    folder = posixpath.dirname(page.relative_to(ROOT).as_posix())
    place = posixpath.normpath(posixpath.join(folder, path))
    if not path:
        place = page.relative_to(ROOT).as_posix()
    place = GENERATED.get(place, place)
    file = ROOT / place
    benchmark = BENCHMARK_PAGE.fullmatch(place)
    if benchmark and not file.exists():
        file = ROOT / f"keras_cmr/datasets/{benchmark[1]}/README.md"
    if place.startswith("..") or not file.exists():
        return "leads nowhere"
    if anchor and file.suffix == ".md" and anchor not in anchors(file):
        return "has no such anchor"
    return None


@pytest.mark.parametrize(
    "page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_links(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    # A label may be code, an address can't.
    text = CODE.sub("`code`", text)
    targets = [first or second for first, second in LINK.findall(text)]
    found = {target: fault(page, target) for target in targets}
    assert {key: value for key, value in found.items() if value} == {}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("docs/guides/gallery.md#searching", None),
        ("docs/guides/gallery.md#not-there", "has no such anchor"),
        ("docs/guides/not_there.md", "leads nowhere"),
        ("../outside.md", "leads nowhere"),
        ("/docs/guides/gallery.md", "is not relative"),
        ("https://example.org/not-looked-at", None),
        ("docs/benchmarks/cirr.md", None),
    ],
)
def test_faults_are_seen(target, expected):
    assert fault(ROOT / "README.md", target) == expected
