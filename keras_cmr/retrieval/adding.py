"""From images to new rows: checked, decoded, embedded, nothing stored yet."""

import os
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from keras_cmr.retrieval import images as image_files
from keras_cmr.retrieval.backend import NewRows
from keras_cmr.retrieval.decoding import THREADS
from keras_cmr.retrieval.decoding import pieces
from keras_cmr.retrieval.embeddings import unit_rows
from keras_cmr.retrieval.images import listed
from keras_cmr.retrieval.metadata import checked_metadata

_SKIPS_SHOWN = 3


class Inputs(NamedTuple):
    """Checked arguments of `Gallery.add`, one entry per image each."""

    images: list
    ids: list[str]
    metadata: list[dict]


def checked_inputs(backend, images, ids, metadata):
    """Checks what `Gallery.add` was given and reads no image.

    Args:
        backend: `Backend`, whose ids running numbers avoid.
        images, ids, metadata: As in `Gallery.add`.

    Returns:
        `Inputs`.
    """
    images = image_files.as_list(images, "images")
    if not images:
        raise ValueError(
            "`images` must hold at least one image. Received: none"
        )
    if ids is None:
        ids = _default_ids(backend, images)
    ids = checked_ids(ids)
    if len(ids) != len(images):
        raise ValueError(
            "`ids` must hold one id per image. Received: "
            f"{len(ids)} ids for {len(images)} images"
        )
    return Inputs(images, ids, checked_metadata(metadata, len(images)))


def checked_ids(ids):
    """A list of distinct strings that are not blank."""
    ids = listed(ids, "ids")
    seen = set()
    for id in ids:
        if not isinstance(id, str):
            raise TypeError(f"`ids` must be strings. Received: {id!r}")
        if not id.strip():
            raise ValueError(
                f"`ids` must not be empty or blank. Received: {id!r}"
            )
        _check_text(id, "ids")
        if id in seen:
            raise ValueError(f"`ids` must be unique. Received twice: {id!r}")
        seen.add(id)
    return [str(id) for id in ids]


def check_new(backend, ids):
    """Refuses ids that are in the gallery."""
    there = backend.present(ids)
    for id in ids:
        if id in there:
            raise ValueError(
                "`ids` must not be in the gallery already (`update` replaces "
                f"an image). Received: {id!r}"
            )


def check_there(backend, ids):
    """Refuses ids that are not in the gallery."""
    there = backend.present(ids)
    for id in ids:
        if id not in there:
            raise ValueError(f"`ids` must be in the gallery. Received: {id!r}")


def check_width(dim, vectors):
    """Refuses embeddings of another width; another program may be first."""
    if dim not in (None, vectors.shape[1]):
        raise ValueError(
            f"Embeddings must have the gallery's width, {dim}. Received: "
            f"shape={vectors.shape}"
        )


def checked_paths(paths, count):
    """Absolute paths as strings, or `None`s, from what a caller gave."""
    if paths is None:
        return [None] * count
    paths = listed(paths, "paths")
    if len(paths) != count:
        raise ValueError(
            "`paths` must hold one path or None per row. Received: "
            f"{len(paths)} for {count} rows"
        )
    for path in paths:
        if path is not None and not isinstance(path, str | os.PathLike):
            raise TypeError(f"`paths` must hold paths. Received: {path!r}")
    return _file_keys(
        [None if path is None else Path(path) for path in paths], "paths"
    )


def embed_images(model, inputs, dim, strict, verbose):
    """Decodes and embeds images in pieces of bounded memory.

    Args:
        model: Has `embed_targets(images)`.
        inputs: `Inputs`.
        dim: Int, the gallery's width, or `None` while it is empty.
        strict: Bool. Whether an unreadable image is an error.
        verbose: Int. `0` hides the progress bar.

    Returns:
        `(rows, skipped)`: `NewRows` of the readable images, and `(id,
        reason)` pairs of the others.
    """
    with tqdm(
        total=len(inputs.images),
        desc="Embedding",
        unit="image",
        disable=not verbose,
    ) as bar:
        rows, skipped = embed_rows(model, inputs, dim, strict, bar.update)
    if skipped:
        warnings.warn(
            f"{len(skipped)} of {len(inputs.images)} images are unreadable "
            f"and were skipped: {_listed(skipped)}",
            stacklevel=4,
        )
    return rows, skipped


def embed_rows(model, inputs, dim, strict, progress, threads=THREADS):
    """As `embed_images`; `progress(n)` is told of each `n` images."""
    images, ids, metadata = inputs
    paths = _file_keys(images, "images")
    vectors, kept, skipped = [], [], []
    for positions, pixels, failures in pieces(images, model, threads):
        skipped += [(ids[i], str(error)) for i, error in failures]
        if skipped and strict:
            raise ValueError(
                "`images` must be readable with `strict=True`; none of these "
                f"{len(images)} was written. Received: {_listed(skipped)}"
            )
        if positions:
            vectors.append(
                unit_rows(
                    model.embed_targets(pixels),
                    "The model's target embeddings",
                    rows=[ids[i] for i in positions],
                    dim=dim,
                )
            )
            dim = vectors[-1].shape[1]
            kept += positions
        progress(len(positions) + len(failures))
    rows = NewRows(
        [ids[i] for i in kept],
        np.concatenate(vectors) if vectors else np.empty((0, 0), np.float32),
        [paths[i] for i in kept],
        [metadata[i] for i in kept],
    )
    return rows, skipped


def _file_keys(images, name):
    keys = [image_files.file_key(image) for image in images]
    for key in keys:
        if key is not None:
            _check_text(key, name)
    return keys


def _check_text(text, name):
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"`{name}` must be text that UTF-8 can hold. Received: {text!r}"
        ) from None


def _default_ids(backend, images):
    numbers = _free_numbers(backend, len(images))
    return [
        str(image) if isinstance(image, Path) else next(numbers)
        for image in images
    ]


def _free_numbers(backend, count):
    """Yields numbers that are no ids yet, asked for `count` at a time."""
    first = len(backend)
    while True:
        names = [str(number) for number in range(first, first + count)]
        taken = backend.present(names)
        yield from (name for name in names if name not in taken)
        first += count


def _listed(skipped):
    shown = "; ".join(f"{id!r} ({why})" for id, why in skipped[:_SKIPS_SHOWN])
    more = len(skipped) - _SKIPS_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
