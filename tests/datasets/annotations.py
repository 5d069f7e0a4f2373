"""The real annotation files, which lie beside the repository or nowhere."""

from pathlib import Path

import pytest

ANNOTATIONS = (
    Path(__file__).resolve().parents[2].parent
    / "shared"
    / "data"
    / "annotations"
)


def real_annotations(name: str) -> Path:
    """The folder of a benchmark's real files; the test skips without it."""
    folder = ANNOTATIONS / name
    if not folder.is_dir():
        pytest.skip(f"needs the real annotation files in {folder}")
    return folder
