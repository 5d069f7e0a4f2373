"""A query as a user gives it: what to embed, and which rows to leave out."""

from pathlib import Path

import numpy as np

from keras_cmr.retrieval import images


def check_model(model):
    """Raises `TypeError` unless `model` is what a gallery needs."""
    for name in ("embed_queries", "embed_targets", "fingerprint"):
        if not hasattr(model, name):
            raise TypeError(f"`model` must have `{name}`. Received: {model!r}")


def resolve_batch(items, references, modifications, reference_ids, exclude):
    """Checks the arguments of `Gallery.search_batch`.

    Args:
        items: `Items` of the gallery.
        references, modifications, reference_ids, exclude: As there.

    Returns:
        `(images, modifications, rows)`, three lists of the same length: what
        to embed (paths, PIL images or arrays), the texts, and the rows that
        may not be returned, each an int64 array of distinct rows.
    """
    modifications = images.listed(modifications, "modifications")
    for text in modifications:
        _check_modification(text)
    columns = [
        _column(references, None, "references", modifications),
        _column(reference_ids, None, "reference_ids", modifications),
        _column(exclude, (), "exclude", modifications),
    ]
    inputs = [_resolve(items, *row) for row in zip(*columns, strict=True)]
    return [i for i, _ in inputs], modifications, [rows for _, rows in inputs]


def _column(values, default, name, modifications):
    if values is None:
        return [default] * len(modifications)
    values = images.listed(values, name)
    if len(values) != len(modifications):
        raise ValueError(
            f"`{name}` must be as long as `modifications`. Received: "
            f"{len(values)} for {len(modifications)} modifications"
        )
    return values


def _check_modification(text):
    if not isinstance(text, str):
        raise TypeError(f"`modification` must be a string. Received: {text!r}")
    if not text.strip():
        raise ValueError(
            f"`modification` must not be empty or blank. Received: {text!r}"
        )


def _resolve(items, reference, reference_id, exclude):
    """The image to embed and the rows that may not be returned.

    Those are the row of `reference_id`, every row added from the same file
    as the reference, and the rows of `exclude`.
    """
    if isinstance(exclude, str | bytes) or not hasattr(exclude, "__iter__"):
        raise TypeError(
            f"`exclude` must be a sequence of ids. Received: {exclude!r}"
        )
    rows = {items.row(id, "exclude") for id in exclude}
    if reference is None and reference_id is None:
        raise ValueError(
            "`reference` (an image) or `reference_id` (an id in the gallery) "
            "must be given. Received: neither"
        )
    if reference_id is not None:
        row = items.row(reference_id, "reference_id")
        rows.add(row)
        if reference is None:
            reference = items.paths[row]
            if reference is None:
                raise ValueError(
                    "`reference_id` must have an image file, or `reference` "
                    "must be given too: the gallery holds no pixels. "
                    f"Received: reference_id={reference_id!r}"
                )
    image = images.as_image(reference, "reference")
    if isinstance(image, Path):
        rows.update(items.rows_of_path(images.file_key(image)))
    return image, np.array(sorted(rows), dtype=np.int64)


def embed_queries(model, references, modifications):
    """Composed embeddings, in pieces of bounded memory.

    Args:
        model: Has `embed_queries(references, modifications)`.
        references: List of images from `resolve_batch`.
        modifications: List of strings.

    Returns:
        Array of shape `(n, dim)`, as the model returned it.
    """
    pieces = []
    for positions, pixels, failures in images.chunks(references):
        for position, error in failures:
            raise ValueError(
                "`reference` must be a readable image. Received: "
                f"{references[position]} ({error})"
            ) from error
        texts = [modifications[position] for position in positions]
        pieces.append(model.embed_queries(pixels, texts))
    return np.concatenate(pieces)


def check_k(k, num_rows, exclusion):
    """Refuses a `k` that some query of the batch cannot be given."""
    if isinstance(k, bool) or not isinstance(k, int | np.integer):
        raise TypeError(f"`k` must be an integer. Received: {k!r}")
    if k < 1:
        raise ValueError(f"`k` must be at least 1. Received: k={k}")
    if num_rows == 0:
        raise ValueError(
            "A search needs images; call `add` first. Received: an empty "
            "gallery"
        )
    candidates = num_rows - int(exclusion.counts.max(initial=0))
    if k > candidates:
        raise ValueError(
            f"`k` must be at most the number of candidates ({candidates} "
            f"after exclusion). Received: k={k}"
        )
