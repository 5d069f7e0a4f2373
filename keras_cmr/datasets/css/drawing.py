"""Drawing: anti-aliased stamps on a white ground, in integers only."""

import numpy as np

from keras_cmr.datasets.css.random_stream import RandomStream
from keras_cmr.datasets.css.scenes import COLORS
from keras_cmr.datasets.css.scenes import SHAPES
from keras_cmr.datasets.css.scenes import SIZES

_SAMPLES = 4  # per pixel and axis
_GRID = 3
_CHUNK = 16384

# One row an object: image, cell, size, color, shape, row, column. The
# attributes are indices into the names, row and column the centre in pixels.
Objects = np.ndarray


def half_size(size: str, image_size: int) -> int:
    """Half the side of an object, in pixels."""
    return image_size // (16 if size == "small" else 8)


def centre_range(index: int, image_size: int) -> tuple[int, int]:
    """Least and greatest centre of an object, along one axis of its cell.

    Both sizes have the range of the large one: an object that grows stays
    inside its cell without being moved.
    """
    margin = half_size("large", image_size)
    low = image_size * index // _GRID + margin
    high = image_size * (index + 1) // _GRID - margin
    return low, high


def random_centre(
    stream: RandomStream, cell: int, image_size: int
) -> tuple[int, int]:
    """A centre (row, column) for an object in `cell`."""
    row, column = divmod(cell, _GRID)
    return (
        stream.between(*centre_range(row, image_size)),
        stream.between(*centre_range(column, image_size)),
    )


def moved_centre(
    stream: RandomStream,
    centre: tuple[int, int],
    cell: int,
    image_size: int,
    jitter: int,
) -> tuple[int, int]:
    """A centre at most `jitter` pixels away along each axis, in `cell`."""
    moved = []
    for value, index in zip(centre, divmod(cell, _GRID), strict=True):
        low, high = centre_range(index, image_size)
        moved.append(
            stream.between(max(low, value - jitter), min(high, value + jitter))
        )
    return tuple(moved)


def stamp(size: str, color: str, shape: str, image_size: int) -> np.ndarray:
    """An object on white, uint8 `(2 * half, 2 * half, 3)`.

    Each pixel is the mean of 4 x 4 samples, rounded to nearest. The shapes
    fill the square of side `2 * half`: the rectangle is that square, the
    circle is inscribed, the triangle has its apex at the top.
    """
    half = half_size(size, image_size)
    # Sample positions in units of 1 / (2 * _SAMPLES) pixel from the centre:
    # odd numbers, so no sample lies on an axis.
    extent = 2 * _SAMPLES * half
    axis = np.arange(1 - extent, extent, 2)
    down, right = axis[:, None], axis[None, :]
    if shape == "circle":
        inside = down**2 + right**2 <= extent**2
    elif shape == "rectangle":
        inside = np.ones((len(axis), len(axis)), bool)
    else:
        inside = 2 * abs(right) <= down + extent
    blocks = inside.reshape(2 * half, _SAMPLES, 2 * half, _SAMPLES)
    covered = blocks.sum(axis=(1, 3))[..., None]
    samples = _SAMPLES**2
    ink = covered * np.array(COLORS[color]) + (samples - covered) * 255
    return ((ink + samples // 2) // samples).astype("uint8")


def draw(objects: Objects, count: int, image_size: int) -> np.ndarray:
    """Pictures of `count` scenes.

    Args:
        objects: Int array `(objects, 7)` as said above.
        count: int. Number of pictures.
        image_size: int. Their side in pixels.

    Returns:
        Uint8 array `(count, image_size, image_size, 3)`.
    """
    pixels = np.full((count, image_size, image_size, 3), 255, "uint8")
    for index, size in enumerate(SIZES):
        stamps = np.stack(
            [
                [stamp(size, color, shape, image_size) for shape in SHAPES]
                for color in COLORS
            ]
        )
        half = half_size(size, image_size)
        reach = np.arange(-half, half)
        chosen = objects[objects[:, 2] == index]
        # In chunks, because the indices of all pixels at once would need
        # more memory than the pictures.
        for start in range(0, len(chosen), _CHUNK):
            part = chosen[start : start + _CHUNK]
            image, _, _, color, shape, row, column = part.T
            pixels[
                image[:, None, None],
                (row[:, None] + reach)[:, :, None],
                (column[:, None] + reach)[:, None, :],
            ] = stamps[color, shape]
    return pixels
