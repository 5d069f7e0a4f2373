"""The README's tables, which scripts write between markers."""

from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def fill_readme(name, text, readme=README):
    """Puts `text` between the markers `<!-- name -->` and `<!-- /name -->`.

    Args:
        name: str. The block's name.
        text: str. Whole lines.
        readme: Path of the file. Defaults to the project's README.
    """
    before, rest = readme.read_text().split(f"<!-- {name} -->\n")
    after = rest.split(f"<!-- /{name} -->")[1]
    readme.write_text(f"{before}<!-- {name} -->\n{text}<!-- /{name} -->{after}")
