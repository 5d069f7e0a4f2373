"""`export.json`: what an export is of, and what goes in and comes out."""

import json
from importlib import metadata
from pathlib import Path

from keras_cmr.durable import checksum
from keras_cmr.evaluation.context import environment
from keras_cmr.version import __version__

NAME = "export.json"
_FORMAT = 1
_PACKAGES = (
    "keras",
    "keras-hub",
    "tensorflow",
    "pillow",
    "scann",
    "tf2onnx",
    "onnx",
    "onnxruntime",
)


def write_card(folder, **content):
    """Writes the card of an export, with checksums of all its files.

    Args:
        folder: `pathlib.Path` of the finished export.
        **content: What JSON holds.
    """
    card = {
        "format": _FORMAT,
        "keras_cmr": __version__,
        **content,
        "versions": dict(_versions()),
        "environment": environment(),
        "files": {
            path.relative_to(folder).as_posix(): checksum(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        },
    }
    text = json.dumps(card, indent=1, ensure_ascii=False)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")


def read_card(folder):
    """The card of an export.

    Its `"fingerprint"` is that of the model: queries of the export belong to
    galleries of which `stats()["fingerprint"]` is the same.

    Args:
        folder: Path of the folder that `export_model` wrote.

    Returns:
        Dict. See docs/guides/export.md.

    Raises:
        ValueError: If there is none, it can't be read, or a file of the
            export is missing or damaged.
    """
    path = Path(folder) / NAME
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        files = card["files"]
    except FileNotFoundError:
        raise ValueError(f"No such export: {folder} has no {NAME}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"Can't read {path}: {error!r}") from None
    if card.get("format") != _FORMAT:
        raise ValueError(
            f"{path} must be of format {_FORMAT}, which this version of "
            f"keras_cmr reads. Received: {card.get('format')!r}"
        )
    for name, recorded in files.items():
        file = path.parent / name
        if not file.is_file() or checksum(file) != recorded:
            raise ValueError(f"{file} is missing or damaged: export again")
    return card


def _versions():
    for package in _PACKAGES:
        try:
            yield package, metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
