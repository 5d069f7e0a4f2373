"""Looks at a built site: whole, and asking no other machine for anything.

python tools/site/check.py SITE

Every link, picture, script and style of every page leads to a file of the
site, a link with an anchor to one that is there, nothing is loaded from
elsewhere, and every public name has an anchor on some page. Prints what is not
so, and then exits with 1.
"""

import ast
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote
from urllib.parse import urlsplit

PACKAGE = Path(__file__).parents[2] / "keras_cmr"
# Elements that load what they name, and the attribute that names it.
LOADING = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "link": "href",
}
# These name something and load nothing.
IDLE_RELATIONS = {"canonical", "next", "prev", "alternate"}
STYLE_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


class Page(HTMLParser):
    """What a page loads, links to, and has anchors for."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.links, self.anchors = [], [], {""}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.anchors |= {found[key] for key in ("id", "name") if key in found}
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        idle = found.get("rel") in IDLE_RELATIONS
        place = found.get(LOADING.get(tag, ""))
        if place and not idle:
            self.loads.append(place)


def outside(place):
    return bool(urlsplit(place).scheme or urlsplit(place).netloc)


def faults(site):
    """One line for everything that is missing or loaded from elsewhere."""
    pages = {
        path.resolve(): Page(path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("*.html"))
    }
    for path, page in pages.items():
        name = path.relative_to(site.resolve())
        for place in page.loads:
            if place.startswith("data:"):
                continue
            if outside(place):
                yield f"{name}: loads {place}"
            elif not target(path, place, site).is_file():
                yield f"{name}: {place} is missing"
        for place in page.links:
            # The page of errors is served at any depth.
            if outside(place) or name.name == "404.html":
                continue
            found = target(path, place, site)
            anchor = unquote(urlsplit(place).fragment)
            if not found.is_file():
                yield f"{name}: {place} is missing"
            elif found in pages and anchor not in pages[found].anchors:
                yield f"{name}: {place} has no such anchor"
    for path in sorted(site.rglob("*.css")):
        for match in STYLE_URL.finditer(path.read_text(encoding="utf-8")):
            place = match[1] or match[2]
            if not place.startswith("data:") and outside(place):
                yield f"{path.relative_to(site)}: loads {place}"


def target(page, place, site):
    """The file that a link on a page leads to."""
    path = unquote(urlsplit(place).path)
    if path.startswith("/"):
        return (site / path[1:]).resolve()
    return (page.parent / path).resolve() if path else page


def unlisted(site):
    """One line for every public name that is on no page."""
    anchors = set()
    for path in site.rglob("*.html"):
        anchors |= Page(path.read_text(encoding="utf-8")).anchors
    folders = [*PACKAGE.glob("*/__init__.py")]
    folders += PACKAGE.glob("datasets/*/__init__.py")
    for path in sorted(folders):
        module = ".".join(path.parent.relative_to(PACKAGE.parent).parts)
        for name in _all_of(path):
            if f"{module}.{name}" not in anchors:
                yield f"{module}.{name} is on no page"


def _all_of(path):
    """The names in `__all__` of a module, which is not imported."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        named = isinstance(node, ast.Assign) and node.targets[0]
        if getattr(named, "id", None) == "__all__":
            return ast.literal_eval(node.value)
    return []


def main(arguments):
    site = Path(arguments[0])
    found = [*faults(site), *unlisted(site)]
    print("\n".join(found) or f"{site} is whole and asks nobody else")
    return 1 if found or not (site / "index.html").is_file() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
