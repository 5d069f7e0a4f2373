"""The pictures of a folder."""

import os
from pathlib import Path

from keras_cmr.picture_file import ENDINGS
from keras_cmr.retrieval.bulk.source import Picture
from keras_cmr.retrieval.bulk.source import Source


def image_folder(folder):
    """All pictures below a folder, in order of their names.

    A picture's id is its path below the folder, `shoes/17.jpg`, so that it
    stays the same when the folder moves. Hidden files and folders (with a
    leading dot, as macOS leaves beside pictures) are left out, and links to
    folders are not followed.

    Args:
        folder: Path.

    Returns:
        `Source`.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"No such folder: {folder}")
    names = sorted(_names(str(folder), ""))
    if not names:
        raise ValueError(f"No pictures ({', '.join(ENDINGS)}) in {folder}")

    def pictures():
        for name in names:
            yield Picture(name, folder / name, {})

    return Source(str(folder), pictures, len(names))


def _names(folder, prefix):
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            name = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                yield from _names(entry.path, name + "/")
            elif entry.is_file() and name.lower().endswith(ENDINGS):
                yield name
