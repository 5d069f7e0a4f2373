"""A picture of some triplets, to see at a glance whether they make sense."""

import numpy as np

from keras_cmr.datasets.triplets.survey import Survey
from keras_cmr.picture_file import open_picture

COUNT = 6
_SIDE = 128


def example_sheet(found: Survey, unreadable: set[str]):
    """Reference, modification and first target of six triplets.

    Args:
        found: A `Survey`.
        unreadable: Set of names of images that can't be shown.

    Returns:
        RGB `PIL.Image.Image`, or `None` if no triplet can be shown.
    """
    # Matplotlib takes a second to import, and reading needs no pictures.
    from keras_cmr.visualization import RankedExample
    from keras_cmr.visualization import ranked_pictures

    shown = [
        row
        for row in found.triplets
        if all(
            name in found.names.files and name not in unreadable
            for name in (row.reference, row.targets[0])
        )
    ]
    if not shown:
        return None
    chosen = np.linspace(0, len(shown) - 1, min(COUNT, len(shown)))
    return ranked_pictures(
        [
            RankedExample(
                _pixels(found, shown[i].reference),
                shown[i].modification,
                hits=(),
                target=_pixels(found, shown[i].targets[0]),
            )
            for i in chosen.round().astype(int)
        ],
        side=_SIDE,
    )


def _pixels(found, name):
    """The picture in its own shape: a stretched one is hard to judge."""
    path = found.folder.find(found.names.files[name])
    with open_picture(path) as opened:
        opened.draft("RGB", (2 * _SIDE, 2 * _SIDE))
        picture = opened.convert("RGB")
    picture.thumbnail((2 * _SIDE, 2 * _SIDE))
    return np.asarray(picture)
