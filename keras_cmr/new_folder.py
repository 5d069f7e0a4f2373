"""Folders to write to, which hold nothing yet."""

from pathlib import Path


def new_folder(path):
    """Makes the folder `path`; refuses one that already holds something."""
    path = Path(path)
    check_new_folder(path)
    path.mkdir(parents=True, exist_ok=True)
    return path


def check_new_folder(path, but=()):
    """Refuses a path that holds something else than files named in `but`."""
    if path.exists() and (
        not path.is_dir()
        or any(file.name not in but for file in path.iterdir())
    ):
        raise ValueError(
            f"`out` must be a new or empty folder. Received: {path}, which "
            "already holds something. Name another one or remove it."
        )
