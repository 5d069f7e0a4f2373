"""A grid of pictures with captions."""

import math

from PIL import Image

from keras_cmr.visualization.examples import check_text
from keras_cmr.visualization.lettering import draw_lines
from keras_cmr.visualization.lettering import font
from keras_cmr.visualization.lettering import line_height
from keras_cmr.visualization.lettering import wrap
from keras_cmr.visualization.pixels import check_pixels
from keras_cmr.visualization.pixels import check_positive
from keras_cmr.visualization.pixels import paste_framed
from keras_cmr.visualization.theme import LIGHT

MARGIN = 16
GAP = 14
CAPTION_GAP = 6
CAPTION_SIZE = 12
CAPTION_LINES = 4
MOST_COLUMNS = 8


def contact_sheet(images, captions=None, columns=None, side=128):
    """Draw pictures in a grid, each with its caption underneath.

    Pictures smaller than a cell are enlarged by a whole factor without blur,
    larger ones are reduced. Captions are wrapped to the width of the cell, at
    most four lines. The first cell begins 16 pixels from the left and upper
    edge; neighbours are 14 pixels apart.

    Args:
        images: Sequence of `uint8` arrays `(height, width, 3)`, or one array
            `(number, height, width, 3)`.
        captions: Sequence of str, one per picture. Defaults to `None`: no
            captions.
        columns: int. Pictures in a row. Defaults to `None`: a grid that is
            about as wide as high, of at most eight columns.
        side: int. Edge of a cell in pixels. Defaults to `128`.

    Returns:
        RGB `PIL.Image.Image`.

    Example:
    ```python
    import numpy as np
    import keras_cmr.visualization as visualization

    noise = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), np.uint8)
    sheet = visualization.contact_sheet(noise, ["a", "b", "c"], columns=3)
    sheet.size  # (444, 182)
    ```
    """
    images = list(images)
    if not images:
        raise ValueError("`images` must not be empty. Received: no picture.")
    for position, pixels in enumerate(images):
        check_pixels(pixels, f"images[{position}]")
    check_positive(side, "side")
    if columns is None:
        columns = min(math.ceil(math.sqrt(len(images))), MOST_COLUMNS)
    check_positive(columns, "columns")
    columns = min(columns, len(images))
    face = font(CAPTION_SIZE)
    texts = _wrapped(captions, len(images), face, side)
    starts = range(0, len(images), columns)
    heights = [
        side + _caption_height(texts[start : start + columns], face)
        for start in starts
    ]
    size = (
        2 * MARGIN + columns * side + (columns - 1) * GAP,
        2 * MARGIN + sum(heights) + (len(heights) - 1) * GAP,
    )
    sheet = Image.new("RGB", size, LIGHT.ground)
    y = MARGIN
    for start, height in zip(starts, heights, strict=True):
        for column, index in enumerate(
            range(start, min(start + columns, len(images)))
        ):
            x = MARGIN + column * (side + GAP)
            paste_framed(sheet, images[index], (x, y), side, LIGHT.line, 1)
            below = (x, y + side + CAPTION_GAP)
            draw_lines(sheet, texts[index], below, face, LIGHT.soft)
        y += height + GAP
    return sheet


def _wrapped(captions, count, face, side):
    if captions is None:
        return [[] for _ in range(count)]
    captions = list(captions)
    if len(captions) != count:
        raise ValueError(
            "`captions` must have one entry per picture. "
            f"Received: {len(captions)} captions for {count} pictures."
        )
    for position, caption in enumerate(captions):
        check_text(caption, f"captions[{position}]")
    return [wrap(text, face, side, CAPTION_LINES) for text in captions]


def _caption_height(texts, face):
    most = max(len(lines) for lines in texts)
    return CAPTION_GAP + most * line_height(face) if most else 0
