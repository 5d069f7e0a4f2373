"""Links of the repository's own files, moved to the site."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pages():
    pytest.importorskip("mkdocs", reason="needs the extra docs")
    spec = importlib.util.spec_from_file_location(
        "site_pages", ROOT / "tools" / "site" / "pages.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("link", "moved"),
    [
        # A file that is no page goes along, Markdown as plain text.
        (
            "benchmarks/results/export/css.md",
            "files/benchmarks/results/export/css.md.txt",
        ),
        (
            "benchmarks/results/export/css.json",
            "files/benchmarks/results/export/css.json",
        ),
        ("docs/guides/export.md#in-python", "guides/export.md#in-python"),
        ("CONTRIBUTING.md", "contributing.md"),
        ("https://keras.io", "https://keras.io"),
    ],
)
def test_links_of_the_readme(pages, link, moved):
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

    config = MkDocsConfig()
    config.load_dict({"site_name": "x", "use_directory_urls": False})
    config.validate()
    # As it is while a hook of that name runs.
    config.plugins._current_plugin = "pages"
    files = Files([])
    text = pages.relink(f"[x]({link})", "README.md", "index.md", config, files)
    assert text == f"[x]({moved})"
    assert not any(file.is_documentation_page() for file in files)
