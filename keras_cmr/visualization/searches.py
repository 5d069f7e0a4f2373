"""A search in a gallery, ready to be drawn."""

import numpy as np

from keras_cmr.picture_file import open_picture
from keras_cmr.visualization.examples import RankedExample
from keras_cmr.visualization.examples import RankedHit

# Larger pictures are scaled down: a row of hits is for looking them over.
MOST_PIXELS = 224


def search_example(reference, modification, hits) -> RankedExample:
    """The outcome of `Gallery.search`, with the pictures at its paths.

    Args:
        reference: Path of the reference image.
        modification: str. The requested change.
        hits: Sequence of `keras_cmr.retrieval.Hit` with paths.

    Raises:
        ValueError: If a hit has no path: its gallery was filled from arrays.
    """
    shown = []
    for hit in hits:
        if hit.path is None:
            raise ValueError(
                "`hits` must have paths, to be shown. "
                f"Received: a hit without one, id {hit.id!r}"
            )
        shown.append(RankedHit(_pixels(hit.path), hit.score, caption=hit.id))
    return RankedExample(_pixels(reference), modification, shown)


def _pixels(path):
    with open_picture(path) as image:
        image = image.convert("RGB")
    image.thumbnail((MOST_PIXELS, MOST_PIXELS))
    return np.array(image)
