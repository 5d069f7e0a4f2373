"""The folder of a run, and files in it that are never half written."""

import dataclasses
from pathlib import Path

from keras_cmr.config import Config
from keras_cmr.durable import new_file

# The last file that a run writes.
FINISHED = "report.json"
_CONFIG = "config.yaml"
_LOCK = "write.lock"


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


def run_folder(path, config):
    """Makes the folder of a run, or finds that of the same run.

    Args:
        path: Path.
        config: `Config`. A folder that already holds something must hold a
            run of just this one.

    Returns:
        `pathlib.Path`.
    """
    path = Path(path)
    if not (path / _CONFIG).is_file():
        if path.is_dir() and [item.name for item in path.iterdir()] == [_LOCK]:
            return path
        return new_folder(path)
    other = Config.from_yaml(path / _CONFIG)
    differing = [
        f"`{field.name}` ({getattr(other, field.name)!r}, not "
        f"{getattr(config, field.name)!r})"
        for field in dataclasses.fields(config)
        if getattr(other, field.name) != getattr(config, field.name)
    ]
    if differing:
        raise ValueError(
            "`out` must be a new or empty folder, or the folder of a run of "
            f"the same config, to go on with it. Received: {path}, whose "
            f"config.yaml differs in {', '.join(differing)}. Name another "
            "folder, or remove this one."
        )
    return path


def save_model(model, path):
    """Saves to a neighbour first, so that `path` is never half a file."""
    with new_file(path) as aside:
        model.save(aside)
