"""The folder of a run, and files in it that are never half written."""

import dataclasses
import shutil

from keras_cmr.config import Config
from keras_cmr.durable import new_file
from keras_cmr.new_folder import check_new_folder

# The last file that a run writes.
FINISHED = "report.json"
# What only an unfinished run needs: its states, its best model so far, and
# the model that it began with.
CHECKPOINTS = "checkpoints"
BEST = "best.keras"
START = "start.keras"
_CONFIG = "config.yaml"
# Before the config is there, a run has no other files.
_LEFT_BY_A_KILL = ("write.lock", _CONFIG + ".new")


def is_finished(path, config):
    """Whether `path` holds the finished run of a config.

    Args:
        path: `pathlib.Path`.
        config: `Config`.

    Raises:
        ValueError: If the folder holds something else than a run of just
            this config.
    """
    if not (path / _CONFIG).is_file():
        check_new_folder(path, _LEFT_BY_A_KILL)
        return False
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
    return (path / FINISHED).exists()


def clean(path):
    """Removes from a finished run's folder what only an unfinished needs."""
    shutil.rmtree(path / CHECKPOINTS, ignore_errors=True)
    for name in (BEST, START):
        (path / name).unlink(missing_ok=True)


def save_model(model, path):
    """Saves to a neighbour first, so that `path` is never half a file."""
    with new_file(path) as aside:
        model.save(aside)
