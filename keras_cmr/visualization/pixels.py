"""Pictures as arrays: checked, enlarged without blur, framed."""

import numpy as np
from PIL import Image
from PIL import ImageDraw


def check_pixels(pixels, name):
    """Raise unless `pixels` is a `uint8` array `(height, width, 3)`."""
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        received = getattr(pixels, "dtype", type(pixels).__name__)
        raise TypeError(
            f"`{name}` must be a NumPy array of type uint8. "
            f"Received: {received}. A PIL picture becomes one with "
            '`np.asarray(picture.convert("RGB"))`.'
        )
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
        raise ValueError(
            f"`{name}` must have the shape (height, width, 3) and at least "
            f"one pixel. Received: shape {pixels.shape}."
        )


def check_positive(value, name):
    """Raise unless `value` is an integer of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(
            f"`{name}` must be an integer. Received: {type(value).__name__}."
        )
    if value < 1:
        raise ValueError(f"`{name}` must be at least 1. Received: {value}.")


def enlarge(pixels, side):
    """Repeat whole pixels until the longer edge is at least `side`.

    The factor is a whole number, so that every source pixel becomes a square
    of the same size. A picture that is larger already comes back as it is.
    """
    height, width = pixels.shape[:2]
    factor = -(-side // max(height, width))
    return Image.fromarray(pixels.repeat(factor, 0).repeat(factor, 1))


def fit(pixels, side):
    """The largest crisp picture of `pixels` inside a square of `side`.

    Small pictures are enlarged by a whole factor, larger ones are reduced
    smoothly to the square.
    """
    height, width = pixels.shape[:2]
    factor = side // max(height, width)
    if factor:
        return Image.fromarray(pixels.repeat(factor, 0).repeat(factor, 1))
    return reduce(Image.fromarray(pixels), side)


def reduce(picture, side):
    """Reduce a picture to a longer edge of `side`, if it is larger."""
    longer = max(picture.size)
    if longer <= side:
        return picture
    size = [max(1, round(edge * side / longer)) for edge in picture.size]
    return picture.resize(size, Image.Resampling.LANCZOS)


def paste_framed(canvas, pixels, corner, side, colour, width):
    """Paste `pixels` in the middle of a square cell, a frame around them.

    Args:
        canvas: RGB `PIL.Image.Image` that is drawn on.
        pixels: `uint8` array `(height, width, 3)`.
        corner: `(x, y)` of the cell's upper left pixel.
        side: int. Edge of the cell in pixels.
        colour: Colour of the frame, any form that Pillow reads.
        width: int. Width of the frame, which lies outside the picture.
    """
    picture = fit(pixels, side)
    left = corner[0] + (side - picture.width) // 2
    top = corner[1] + (side - picture.height) // 2
    canvas.paste(picture, (left, top))
    box = (
        left - width,
        top - width,
        left + picture.width + width - 1,
        top + picture.height + width - 1,
    )
    ImageDraw.Draw(canvas).rectangle(box, outline=colour, width=width)
