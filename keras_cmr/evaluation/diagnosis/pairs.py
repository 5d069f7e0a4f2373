"""Queries sorted so that each reference image is embedded once."""

import numpy as np


def reference_blocks(stages, split, rows, batch_size):
    """Yields `(chosen, features)`, blocks of queries and their references.

    Args:
        stages: `keras_cmr.models.QueryStages`.
        split: `Split`.
        rows: Int array. The queries wanted.
        batch_size: int. Reference images embedded, and so features held, at
            once.

    Yields:
        Tuple of an int array, places in `rows`, and the features of the
        reference of each. Every place comes once.
    """
    references = np.asarray(split.queries.references)[rows]
    images, place = np.unique(references, return_inverse=True)
    pixels = split.reference_pixels
    for first in range(0, len(images), batch_size):
        block = images[first : first + batch_size]
        features = stages.image_features(pixels[block], batch_size)
        chosen = np.flatnonzero((place >= first) & (place < first + len(block)))
        yield chosen, features[place[chosen] - first]


def unique_texts(stages, texts, batch_size):
    """Features of texts, each distinct text embedded once.

    Returns:
        Float array, a row for each of `texts`.
    """
    distinct, place = np.unique(np.array(texts, str), return_inverse=True)
    return stages.text_features(distinct.tolist(), batch_size)[place]
