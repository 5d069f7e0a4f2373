"""A query as a user gives it: what to embed, and which ids to leave out."""

from pathlib import Path

import numpy as np

from keras_cmr.retrieval import images
from keras_cmr.retrieval.decoding import pieces


def check_model(model):
    """Raises `TypeError` unless `model` is what a gallery needs."""
    for name in ("embed_queries", "embed_targets", "fingerprint"):
        if not hasattr(model, name):
            raise TypeError(f"`model` must have `{name}`. Received: {model!r}")


def check_fingerprint(location, expected, received, what="Gallery"):
    """Refuses a model whose embeddings do not belong to the others there."""
    if received != expected:
        raise ValueError(
            f"{what} of another model: {location} was made with the model "
            f"of fingerprint {expected[:12]}. Received: a model of "
            f"fingerprint {received[:12]}"
        )


def resolve_batch(backend, references, modifications, reference_ids, exclude):
    """Checks the arguments of `Gallery.search_batch`.

    Args:
        backend: `Backend` of the gallery.
        references, modifications, reference_ids, exclude: As there.

    Returns:
        `(images, modifications, excluded)`, three lists of the same length:
        what to embed (paths, PIL images, arrays or `None`), the texts or
        `None`s, and the sets of ids that may not be returned.
    """
    modifications = images.listed(modifications, "modifications")
    for text in modifications:
        _check_modification(text)
    num = len(modifications)
    reference_ids = _column(reference_ids, None, "reference_ids", num)
    given = [id for id in reference_ids if id is not None]
    _check_ids(backend, given, "reference_id")
    columns = [
        _column(references, None, "references", num),
        modifications,
        reference_ids,
        resolve_exclude(backend, exclude, num, "modifications"),
    ]
    inputs = [_resolve(backend, *row) for row in zip(*columns, strict=True)]
    return [i for i, _ in inputs], modifications, [ids for _, ids in inputs]


def resolve_exclude(backend, exclude, num_queries, of="queries"):
    """One set of ids in the gallery per query."""
    sets = []
    for ids in _column(exclude, (), "exclude", num_queries, of):
        if isinstance(ids, str | bytes) or not hasattr(ids, "__iter__"):
            raise TypeError(
                f"`exclude` must be a sequence of ids. Received: {ids!r}"
            )
        sets.append(set(ids))
    _check_ids(backend, set().union(*sets), "exclude")
    return sets


def embed_queries(model, references, modifications):
    """Embeddings of queries of each kind, in pieces of bounded memory.

    Args:
        model: Has `embed_queries(references, modifications)`,
            `embed_targets(images)` and, where a reference is `None`,
            `embed_texts(texts)`.
        references: List of images from `resolve_batch`, or `None`s.
        modifications: List of strings or `None`s.

    Returns:
        Float array of shape `(n, dim)`.
    """
    rows = [None] * len(references)
    texts_only = [i for i, r in enumerate(references) if r is None]
    with_image = [i for i, r in enumerate(references) if r is not None]
    if texts_only:
        _check_embeds_texts(model)
        texts = [modifications[i] for i in texts_only]
        _place(rows, texts_only, model.embed_texts(texts))
    for positions, pixels, failures in pieces(
        [references[i] for i in with_image], model
    ):
        for position, error in failures:
            raise ValueError(
                "`reference` must be a readable image. Received: "
                f"{references[with_image[position]]} ({error})"
            ) from error
        places = [with_image[i] for i in positions]
        for composed in (True, False):
            chosen = [
                j
                for j, place in enumerate(places)
                if (modifications[place] is not None) == composed
            ]
            if not chosen:
                continue
            some = [pixels[j] for j in chosen]
            there = [places[j] for j in chosen]
            if composed:
                texts = [modifications[place] for place in there]
                _place(rows, there, model.embed_queries(some, texts))
            else:
                _place(rows, there, model.embed_targets(some))
    return np.stack(rows)


def _place(rows, places, embeddings):
    if len(embeddings) != len(places):
        raise ValueError(
            "The model must give one embedding per query. Received: "
            f"{len(embeddings)} for {len(places)}"
        )
    for place, embedding in zip(places, np.asarray(embeddings), strict=True):
        rows[place] = embedding


def _check_embeds_texts(model):
    if not hasattr(model, "embed_texts"):
        raise TypeError(
            "A query without `reference` needs a model with `embed_texts`. "
            f"Received: `model` of type {type(model).__name__}"
        )


def _column(values, default, name, length, of="modifications"):
    if values is None:
        return [default] * length
    values = images.listed(values, name)
    if len(values) != length:
        raise ValueError(
            f"`{name}` must be as long as `{of}`. Received: "
            f"{len(values)} for {length} {of}"
        )
    return values


def _check_modification(text):
    if text is None:
        return
    if not isinstance(text, str):
        raise TypeError(
            f"`modification` must be a string or None. Received: {text!r}"
        )
    if not text.strip():
        raise ValueError(
            "`modification` must not be empty or blank; None searches "
            f"without one. Received: {text!r}"
        )


def _check_ids(backend, ids, name):
    for id in ids:
        if not isinstance(id, str):
            raise TypeError(
                f"`{name}` must be an id (a string). Received: {id!r}"
            )
    there = backend.present(ids) if ids else set()
    for id in ids:
        if id not in there:
            raise ValueError(
                f"`{name}` must be in the gallery. Received: {id!r}"
            )


def _resolve(backend, reference, modification, reference_id, exclude):
    """The image to embed and the ids that may not be returned.

    Those are `reference_id`, every id added from the same file as the
    reference, and `exclude`.
    """
    excluded = set(exclude)
    if reference is None and reference_id is None:
        if modification is None:
            raise ValueError(
                "`reference` (an image), `reference_id` (an id in the "
                "gallery) or `modification` must be given. Received: none"
            )
        return None, excluded
    if reference_id is not None:
        excluded.add(reference_id)
        if reference is None:
            # `None` where it was removed this very moment.
            record = backend.records([reference_id])[0]
            reference = record and record.path
            if reference is None:
                raise ValueError(
                    "`reference_id` must have an image file, or `reference` "
                    "must be given too: the gallery holds no pixels. "
                    f"Received: reference_id={reference_id!r}"
                )
    image = images.as_image(reference, "reference")
    if isinstance(image, Path):
        excluded.update(backend.ids_of_path(images.file_key(image)))
    return image, excluded
