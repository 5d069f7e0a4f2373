"""The folder of a run, and files in it that are never half written."""

import os
import tempfile
from pathlib import Path


def new_folder(path):
    """Makes the folder `path`; refuses one that already holds something."""
    path = Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueError(
            f"`out` must be a new or empty folder. Received: {path}, which "
            "already holds something. Name another one or remove it."
        )
    path.mkdir(parents=True, exist_ok=True)
    return path


def save_model(model, path):
    """Saves to a neighbour first, so that `path` is never half a file."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        whole = Path(folder) / path.name
        model.save(whole)
        os.replace(whole, path)
