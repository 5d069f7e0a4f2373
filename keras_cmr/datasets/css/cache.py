"""The generated benchmark on disk."""

import hashlib
import json
import os
import pathlib

import numpy as np

from keras_cmr.datasets.css.generate import drawn
from keras_cmr.datasets.css.generate import planned
from keras_cmr.datasets.css.views import RENDERER_VERSION
from keras_cmr.datasets.css.views import Pictures
from keras_cmr.datasets.tables import Benchmark
from keras_cmr.datasets.tables import Split

# Raise it with every change of what `generate` makes.
GENERATOR_VERSION = 1
_ARRAYS = ("labels", "objects", "references", "targets", "texts")
_SPLITS = ("train", "test")


def cached(
    folder: pathlib.Path, arguments: dict, workers: int | None, verbose: int
) -> Benchmark:
    """What `generate` makes, read from the folder or made and kept there.

    Args:
        folder: Path.
        arguments: Dict of all other arguments of `generate`.
        workers: int or `None`. Processes that render.
        verbose: int. `0` hides progress bars.
    """
    path = cache_file(folder, arguments)
    pictures = Pictures(
        view=arguments["view"],
        seed=arguments["seed"],
        path=pixel_path(folder, arguments),
        workers=workers,
        verbose=verbose,
    )
    if path.exists():
        return load(path, pictures)
    settings = {k: v for k, v in arguments.items() if k != "view"}
    plans = planned(**settings, verbose=verbose)
    css = drawn(plans, arguments["image_size"], pictures)
    save(css, path)
    return css


def cache_file(folder: pathlib.Path, arguments: dict) -> pathlib.Path:
    """The file of the benchmark that `generate(**arguments)` makes."""
    arguments = dict(arguments)
    if arguments["view"] == "2d":
        del arguments["view"]  # drawings are older than views
    else:
        arguments["renderer"] = RENDERER_VERSION
    key = json.dumps([GENERATOR_VERSION, sorted(arguments.items())])
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return folder / f"css-{digest}.npz"


def pixel_path(folder: pathlib.Path, arguments: dict) -> pathlib.Path:
    """Where rendered pictures are kept; `"2d-to-3d"` has those of `"3d"`."""
    file = cache_file(folder, {**arguments, "view": "3d"})
    return file.with_suffix("")


def save(css: Benchmark, path: pathlib.Path) -> None:
    """Write a generated benchmark, whole or not at all.

    Scenes, texts and places are kept; drawings follow from them, faster than
    they could be read. Rendered pictures have files of their own.
    """
    arrays = {"fingerprint": np.array(css.fingerprint)}
    for name in _SPLITS:
        split = getattr(css, name)
        for key, array in _split_arrays(split).items():
            arrays[f"{name}/{key}"] = array
    arrays["image_size"] = np.array(css.train.images.pixels.shape[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            np.savez_compressed(file, **arrays)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _split_arrays(split: Split) -> dict[str, np.ndarray]:
    values = (
        split.images.labels,
        split.images.metadata.table,
        split.queries.references,
        np.array([images[0] for images in split.queries.targets], "int32"),
        split.queries.modifications,
    )
    return dict(zip(_ARRAYS, values, strict=True))


def load(path: pathlib.Path, pictures: Pictures) -> Benchmark:
    """Read what `save` wrote.

    Args:
        path: Path of the file.
        pictures: How the benchmark that was saved is drawn. Rendered
            pictures that are damaged are rendered again.

    Raises:
        ValueError: The file is damaged: it cannot be read, or what it holds
            has not the fingerprint it had when it was written.
    """
    try:
        # Opened here, because `np.load` forgets to close a damaged file.
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            size = int(file["image_size"])
            expected = str(file["fingerprint"])
            plans = {
                name: {key: file[f"{name}/{key}"] for key in _ARRAYS}
                for name in _SPLITS
            }
    except OSError:
        raise
    except Exception as error:  # a damaged archive may raise anything
        reason = f"it cannot be read ({error})"
        raise ValueError(_damaged(path, reason)) from error
    css = drawn(plans, size, pictures)
    if css.fingerprint != expected:
        raise ValueError(_damaged(path, "its content has changed"))
    return css


def _damaged(path: pathlib.Path, reason: str) -> str:
    return (
        f"The cached benchmark {path} is damaged: {reason}. Delete the file; "
        "it is generated again when next needed."
    )
