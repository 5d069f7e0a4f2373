"""A search in a gallery, ready to be drawn."""

import numpy as np
from PIL import Image
from PIL import ImageOps

from keras_cmr.picture_file import open_picture
from keras_cmr.visualization.examples import RankedExample
from keras_cmr.visualization.examples import RankedHit

# Larger pictures are scaled down: a row of hits is for looking them over.
MOST_PIXELS = 224


def search_example(reference, modification, hits) -> RankedExample:
    """The outcome of `Gallery.search`, with the pictures at its paths.

    Photos are turned upright, as their cameras noted.

    Args:
        reference: Path of the reference image, the image itself (PIL image or
            uint8 array), or `None` where there was none.
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
    if reference is not None:
        reference = _pixels(reference)
    return RankedExample(reference, modification, shown)


def _pixels(image):
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    elif not isinstance(image, Image.Image):
        with open_picture(image) as opened:
            # A large JPEG is decoded at a fraction of its size.
            opened.draft("RGB", (MOST_PIXELS, MOST_PIXELS))
            image = ImageOps.exif_transpose(opened)
    image = image.convert("RGB")
    image.thumbnail((MOST_PIXELS, MOST_PIXELS))
    return np.array(image)
