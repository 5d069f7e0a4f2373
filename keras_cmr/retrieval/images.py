"""Images as a user hands them over: files, arrays, PIL images."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from keras_cmr.picture_file import open_picture


class UnreadableImage(ValueError):
    """A file or PIL image that cannot be decoded."""


def listed(values, name):
    """A list of what the caller iterates over; one string is no list."""
    if isinstance(values, str | bytes | Path | Image.Image | dict):
        raise TypeError(
            f"`{name}` must be a list. Received: one {type(values).__name__}"
        )
    try:
        return list(values)
    except TypeError:
        raise TypeError(
            f"`{name}` must be a list. Received: {values!r}"
        ) from None


def as_list(images, name):
    """Checks the kind of every image and reads none.

    Args:
        images: List (or any iterable) of paths, PIL images or uint8 arrays
            of shape `(height, width, 3)`, or one uint8 array of shape
            `(n, height, width, 3)`.
        name: String. The argument's name in an error.

    Returns:
        List of `Path`, `PIL.Image.Image` or NumPy arrays.
    """
    if isinstance(images, np.ndarray) and images.ndim != 4:
        raise ValueError(
            f"`{name}` must have shape (n, height, width, 3) when it is one "
            f"array. Received: shape={images.shape}"
        )
    return [as_image(image, name) for image in listed(images, name)]


def as_image(image, name):
    """Checks the kind of one image; a path becomes a `Path`."""
    if isinstance(image, str) and image:
        return Path(image)
    if isinstance(image, Path | Image.Image):
        return image
    if not isinstance(image, np.ndarray):
        raise TypeError(
            f"`{name}` must hold paths, PIL images or uint8 arrays. "
            f"Received: {image!r}"
        )
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(
            f"`{name}` must hold uint8 arrays of shape (height, width, 3). "
            f"Received: dtype={image.dtype}, shape={image.shape}"
        )
    if image.size == 0:
        raise ValueError(
            f"`{name}` must hold images with pixels. Received: "
            f"shape={image.shape}"
        )
    return image


def file_key(image):
    """The absolute, resolved path of an image file; `None` without a file."""
    return str(image.resolve()) if isinstance(image, Path) else None


def decode(image):
    """Pixels of one image.

    Returns:
        The array itself, or a PIL image in mode RGB. Orientation tags stay
        as they are: turning the picture is the model's affair, which treats
        training files and these alike.
    """
    if isinstance(image, np.ndarray):
        return image
    try:
        if isinstance(image, Path | io.BytesIO):
            with open_picture(image) as opened:
                return opened.convert("RGB")
        return image.convert("RGB")
    # On damaged files Pillow's readers raise nearly any type.
    except Exception as error:
        raise UnreadableImage(f"{type(error).__name__}: {error}") from error
