"""One question to a gallery of photos."""

import os
from pathlib import Path

from keras_cmr.models.late_fusion import LateFusion
from keras_cmr.photos.found import FoundPictures


def find_pictures(
    gallery,
    model,
    image=None,
    text=None,
    k=10,
    text_weight=None,
    where=None,
    exclude=(),
    about=None,
):
    """The hits of `keras_cmr.photos.FolderSearch.search`.

    Args:
        gallery: `Gallery` that was opened with `model`.
        model: What embeds.
        image, text, k, text_weight, where, exclude: As there.
        about: Dict of str to str. How the pictures were found, for those who
            look at them. Defaults to `None`.

    Returns:
        `FoundPictures`.
    """
    if text_weight is not None:
        if not isinstance(model, LateFusion):
            raise TypeError(
                "`text_weight` is a late fusion's: a trained model has learned "
                "what image and text count for. Received: "
                f"text_weight={text_weight!r} and a {type(model).__name__}"
            )
        gallery = gallery.with_model(model.weighted(text_weight))
    image = _file_of(gallery, image)
    hits = gallery.search(image, text, k=k, where=where, exclude=exclude)
    return FoundPictures(image, text, hits, about or {})


def _file_of(gallery, image):
    """The path of the picture of that id; a file of that name comes first."""
    if isinstance(image, str) and image and not os.path.exists(image):
        record = gallery.records([image])[0]
        if record is not None and record.path is not None:
            return Path(record.path)
    return image
