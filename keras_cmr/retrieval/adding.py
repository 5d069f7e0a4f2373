"""From images to new rows: checked, decoded, embedded, nothing stored yet."""

import warnings
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from keras_cmr.retrieval import images as image_files
from keras_cmr.retrieval.embeddings import unit_rows
from keras_cmr.retrieval.items import checked_metadata
from keras_cmr.retrieval.results import AddSummary

_SKIPS_SHOWN = 3


class Inputs(NamedTuple):
    """Checked arguments of `Gallery.add`, one entry per image each."""

    images: list
    ids: list[str]
    metadata: list[dict]


def checked_inputs(items, images, ids, metadata):
    """Checks what `Gallery.add` was given and reads no image.

    Args:
        items: `Items` of the gallery; the ids must be new to it.
        images, ids, metadata: As in `Gallery.add`.

    Returns:
        `Inputs`.
    """
    images = image_files.as_list(images, "images")
    if not images:
        raise ValueError(
            "`images` must hold at least one image. Received: none"
        )
    ids = items.new_ids(ids, images)
    return Inputs(images, ids, checked_metadata(metadata, len(images)))


def embed_images(model, inputs, dim, strict, verbose):
    """Decodes and embeds images in pieces of bounded memory.

    Args:
        model: Has `embed_targets(images)`.
        inputs: `Inputs`.
        dim: Int, the gallery's width, or `None` while it is empty.
        strict: Bool. Whether an unreadable image is an error.
        verbose: Int. `0` hides the progress bar.

    Returns:
        `(vectors, rows, summary)`: float32 unit rows, one
        `(id, path, metadata)` per row, and an `AddSummary`. `vectors` is
        `None` if no image could be read.
    """
    images, ids, metadata = inputs
    vectors, rows, skipped = [], [], []
    with tqdm(
        total=len(images), desc="Embedding", unit="image", disable=not verbose
    ) as bar:
        for positions, pixels, failures in image_files.chunks(images):
            skipped += [(ids[i], str(error)) for i, error in failures]
            if skipped and strict:
                raise ValueError(
                    "`images` must be readable with `strict=True`; nothing "
                    f"was added. Received: {_listed(skipped)}"
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
                rows += [
                    (ids[i], image_files.file_key(images[i]), metadata[i])
                    for i in positions
                ]
            bar.update(len(positions) + len(failures))
    if skipped:
        warnings.warn(
            f"{len(skipped)} of {len(images)} images are unreadable and were "
            f"skipped: {_listed(skipped)}",
            stacklevel=3,
        )
    vectors = np.concatenate(vectors) if vectors else None
    return vectors, rows, AddSummary(len(rows), skipped)


def _listed(skipped):
    shown = "; ".join(f"{id!r} ({why})" for id, why in skipped[:_SKIPS_SHOWN])
    more = len(skipped) - _SKIPS_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
