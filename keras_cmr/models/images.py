"""Pictures in any form to one array of pixels."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from PIL import ImageOps

from keras_cmr.picture_file import open_picture


def load_image(image, size: int, upright: bool = False) -> np.ndarray:
    """One image as pixels.

    Args:
        image: Path, `io.BytesIO` of a file's bytes, PIL image, or integer
            array `(height, width, 3)` with values from 0 to 255.
        size: int. Wanted height and width in pixels; other sizes are
            stretched to it (bilinear).
        upright: bool. Turns files and PIL images as their cameras noted
            (EXIF). Defaults to `False`.

    Returns:
        Uint8 array `(size, size, 3)`.

    Raises:
        ValueError: For a missing or broken file (named) or a bad array.
    """
    if isinstance(image, (str, Path, io.BytesIO)):
        try:
            with open_picture(image) as opened:
                # A JPEG is decoded at the nearest fraction of its size that
                # is no smaller: most of the time of a large photo.
                opened.draft("RGB", (size, size))
                if upright:
                    opened = ImageOps.exif_transpose(opened)
                image = opened.convert("RGB")
        except FileNotFoundError:
            raise ValueError(f"No such image: {image}") from None
        # On damaged files Pillow's readers raise nearly any type.
        except Exception as error:
            raise ValueError(f"Can't read image {image}: {error}") from None
    if not isinstance(image, Image.Image):
        pixels = np.asarray(image)
        if pixels.dtype == np.uint8 and pixels.shape == (size, size, 3):
            return pixels
        if (
            pixels.ndim != 3
            or pixels.shape[-1] != 3
            or not np.issubdtype(pixels.dtype, np.integer)
            or (pixels.size and (pixels.min() < 0 or pixels.max() > 255))
        ):
            raise ValueError(
                "`image` must be a path, a PIL image or an integer array "
                "(height, width, 3) with values 0 to 255. Received: "
                f"{type(image).__name__} of shape {pixels.shape} and dtype "
                f"{pixels.dtype}"
            )
        image = Image.fromarray(pixels.astype("uint8"))
    elif upright:
        image = ImageOps.exif_transpose(image)
    image = image.convert("RGB")
    if image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BILINEAR)
    return np.array(image)


def load_images(images, size: int) -> np.ndarray:
    """Several images as one array: see `load_image`.

    Args:
        images: Sequence of images, or an array `(n, height, width, 3)`; one
            that already has the wanted size and type is returned as it is.
        size: int. Wanted height and width in pixels.

    Returns:
        Uint8 array `(n, size, size, 3)`.
    """
    if isinstance(images, np.ndarray):
        if images.dtype == np.uint8 and images.shape[1:] == (size, size, 3):
            return images
    elif not isinstance(images, Sequence) or isinstance(images, str):
        raise TypeError(
            "`images` must be a sequence of images or an array (n, height, "
            f"width, 3). Received: {type(images).__name__}"
        )
    loaded = [load_image(image, size) for image in images]
    return np.stack(loaded) if loaded else np.zeros((0, size, size, 3), "uint8")
