"""How far one gets without combining image and text."""

import numpy as np

from keras_cmr.evaluation.auditing.look_alikes import thumbnails
from keras_cmr.evaluation.evaluate import embed_split
from keras_cmr.evaluation.evaluate import evaluate_embeddings

DIM = 64
GRAY = 128


def unimodal_rows(benchmark, colour, model=None, batch_size=256, verbose=0):
    """Reports of queries that ignore the text, the image, or both.

    Without a model an image is its 16 x 16 thumbnail, less the mean of the
    gallery: what a nearest neighbour in pixels finds is a shortcut of the
    benchmark, not a merit of a model.

    Args:
        benchmark: `Benchmark`.
        colour: Uint8 array `(images, 16, 16, 3)`, thumbnails of the test
            split.
        model: Object with `embed_targets` and `embed_queries`, or `None`.
        batch_size: int. Images embedded at once.
        verbose: `0` or `1`. Progress bars.

    Returns:
        Dict of row name -> `Reports`.
    """
    split = benchmark.test
    references = split.queries.references
    # Drawings of the candidates, where queries start from such.
    drawn = split.images.reference_pixels
    random = np.random.default_rng(0)
    vectors = {
        "random order": (
            random.standard_normal((len(references), DIM), dtype="float32"),
            random.standard_normal((len(split.images), DIM), dtype="float32"),
        )
    }
    raw = own = _directions(colour, colour)
    if drawn is not None:
        own = _directions(thumbnails(drawn, verbose)[1], colour)
    vectors["image only, 16 x 16 pixels"] = (own[references], raw)
    if model is not None:
        queries, images = embed_split(model, split, batch_size, verbose)
        texts = _text_queries(model, split, batch_size)
        own = images if drawn is None else _images(model, drawn, batch_size)
        vectors["image only, by the model"] = (own[references], images)
        vectors["text only, gray image"] = (texts, images)
        vectors["image and text"] = (queries, images)
    return {
        name: evaluate_embeddings(
            queries,
            images,
            split,
            protocol="all",
            benchmark=benchmark,
            resamples=200,
            verbose=verbose,
        )
        for name, (queries, images) in vectors.items()
    }


def _directions(colour, gallery):
    """Thumbnails less the mean of the gallery, as vectors."""
    vectors = colour.reshape(len(colour), -1) - gallery.mean(axis=0).reshape(-1)
    # An image like the mean would have no direction.
    return np.hstack([vectors, np.ones((len(vectors), 1))]).astype("float32")


def _images(model, pixels, batch_size):
    return np.concatenate(
        [
            model.embed_targets(
                pixels[start : start + batch_size],
                batch_size=batch_size,
                verbose=0,
            )
            for start in range(0, len(pixels), batch_size)
        ]
    )


def _text_queries(model, split, batch_size):
    """Query embeddings of the texts with a gray image as reference."""
    texts = split.queries.modifications.tolist()
    shape = split.images.pixels.shape[1:]
    rows = []
    for start in range(0, len(texts), batch_size):
        block = texts[start : start + batch_size]
        gray = np.full((len(block), *shape), GRAY, "uint8")
        rows.append(
            model.embed_queries(gray, block, batch_size=batch_size, verbose=0)
        )
    return np.concatenate(rows)
