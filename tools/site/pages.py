"""MkDocs' hooks: pages that are made from the repository's own files.

- Files beside the code (`CONTRIBUTING.md`, a benchmark's `README.md`) are pages
  under the names of `PUBLISHED`.
- `<!-- include README.md#heading -->` on a line of its own stands for that
  section, `<!-- include FILE -->` for a whole file, and
  `<!-- protocols -->` for the registry's rules.
- A link to any other file of the repository takes that file along, so that it
  opens offline; a link to a folder becomes the folder's name.
"""

import posixpath
import re
import sys
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # this checkout, installed or not

from keras_cmr.datasets.load import READERS  # noqa: E402

BENCHMARKS = ("css", *READERS)
# File of the repository -> page of the site.
PUBLISHED = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "RELEASING.md": "releasing.md",
    **{
        f"keras_cmr/datasets/{name}/README.md": f"benchmarks/{name}.md"
        for name in BENCHMARKS
    },
}
INCLUDE = re.compile(r"^<!-- include (\S+?)(?:#(\S+))? -->$", re.MULTILINE)
PROTOCOLS = re.compile(r"^<!-- protocols -->$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


def on_files(files, config):
    for source, page in PUBLISHED.items():
        if source != "README.md":  # its parts are on pages of their own
            files.append(
                File.generated(config, page, abs_src_path=str(ROOT / source))
            )
    return files


def on_page_markdown(markdown, page, config, files):
    at = page.file.src_uri
    origins = {target: source for source, target in PUBLISHED.items()}
    # `index.md` is written by hand, though links to the README lead to it.
    origin = origins.get(at) if at != "index.md" else None
    if origin is None:
        origin = f"docs/{at}"

    def include(match):
        source, anchor = match.groups()
        text = (ROOT / source).read_text(encoding="utf-8")
        if anchor:
            text = section(text, anchor, source)
        return relink(text, source, at, config, files)

    markdown = relink(markdown, origin, at, config, files)
    markdown = INCLUDE.sub(include, markdown)
    return PROTOCOLS.sub(lambda match: protocols(), markdown)


def slug(heading):
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def section(text, anchor, source):
    """What stands under the heading of that anchor, without the heading."""
    # Comments of shell examples look like headings.
    bare = FENCE.sub(lambda match: "." * len(match[0]), text)
    headings = list(HEADING.finditer(bare))
    for number, found in enumerate(headings):
        if slug(found[2]) == anchor:
            deeper = len(found[1])
            ends = [
                later.start()
                for later in headings[number + 1 :]
                if len(later[1]) <= deeper
            ]
            return text[found.end() : ends[0] if ends else None].strip()
    raise ValueError(
        f"`{source}` must have a heading with the anchor {anchor!r}. "
        f"Received: {[slug(found[2]) for found in headings]}"
    )


def relink(text, origin, at, config, files):
    """`text` of the file `origin`, with links that hold on the page `at`."""

    def moved(match):
        mark, label, target = match.groups()
        path, hash_, anchor = target.partition("#")
        if not path or "://" in path or path.startswith("mailto:"):
            return match[0]
        folder = posixpath.dirname(origin)
        file = posixpath.normpath(posixpath.join(folder, path))
        if file in PUBLISHED:
            place = PUBLISHED[file]
        elif file.startswith("docs/"):
            place = file.removeprefix("docs/")
        elif (ROOT / file).is_dir():
            return f"{label}" if label.startswith("`") else f"`{file}`"
        elif (ROOT / file).is_file():
            # Markdown that is no page would be taken for one.
            place = f"files/{file}" + ".txt" * file.endswith(".md")
            if files.get_file_from_path(place) is None:
                taken = File.generated(
                    config, place, abs_src_path=str(ROOT / file)
                )
                files.append(taken)
        else:
            return match[0]  # MkDocs tells of it
        here = posixpath.relpath(place, posixpath.dirname(at) or ".")
        return f"{mark}[{label}]({here}{hash_}{anchor})"

    pieces, end = [], 0
    for fence in FENCE.finditer(text):
        pieces += [LINK.sub(moved, text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*pieces, LINK.sub(moved, text[end:])])


def protocols():
    """The registry as Markdown, one section a rule."""
    from keras_cmr.evaluation.protocols.registry import PROTOCOLS as rules

    lines = []
    for rule in rules.values():
        lines += [
            f"## {rule.name}",
            "",
            f"Version {rule.version}. {rule.description}",
            "",
            f"- Counted at: {', '.join(map(str, rule.ks))}",
            f"- Needs: {', '.join(f'`{name}`' for name in rule.needs) or '-'}",
            f"- Read in: {rule.source}",
            "",
        ]
    return "\n".join(lines)
