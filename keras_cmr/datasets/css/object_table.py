"""The drawn objects of many pictures, compact and read as dicts."""

from collections.abc import Sequence

import numpy as np

from keras_cmr.datasets.css.drawing import half_size
from keras_cmr.datasets.css.scenes import COLORS
from keras_cmr.datasets.css.scenes import SHAPES
from keras_cmr.datasets.css.scenes import SIZES
from keras_cmr.datasets.css.scenes import Scene
from keras_cmr.datasets.css.scenes import Thing

_COLOR_NAMES = tuple(COLORS)
_SIZE_INDEX = {name: i for i, name in enumerate(SIZES)}
_COLOR_INDEX = {name: i for i, name in enumerate(_COLOR_NAMES)}
_SHAPE_INDEX = {name: i for i, name in enumerate(SHAPES)}


def encode(
    image: int, thing: Thing, centre: tuple[int, int]
) -> tuple[int, ...]:
    """The row of an object table for `thing` drawn at `centre`."""
    return (
        image,
        thing.cell,
        _SIZE_INDEX[thing.size],
        _COLOR_INDEX[thing.color],
        _SHAPE_INDEX[thing.shape],
        *centre,
    )


def table_of(scenes: Sequence[Sequence[dict]], image_size: int) -> np.ndarray:
    """The object table of scenes in the form of `DrawnObjects`' items.

    Places are rounded down to pixels, and moved to where the whole object is
    inside the picture.

    Raises:
        ValueError: A name is not one that can be drawn.
    """
    rows = []
    for image, objects in enumerate(scenes):
        for o in objects:
            thing = Thing(o["cell"], o["size"], o["color"], o["shape"])
            for word, known in zip(
                thing[1:], (SIZES, COLORS, SHAPES), strict=True
            ):
                if word not in known:
                    raise ValueError(
                        f"an object must be one of {', '.join(known)} to be "
                        f"drawn. Received: {word!r} in the image {image}"
                    )
            half = half_size(thing.size, image_size)
            # A place k / size that was rounded must not become k - 1.
            centre = tuple(
                min(max(int(x * image_size + 1e-6), half), image_size - half)
                for x in o["pos"]
            )
            rows.append(encode(image, thing, centre))
    return np.array(rows, "int32").reshape(-1, 7)


class DrawnObjects(Sequence):
    """`Images.metadata` of a drawn split: the objects of each picture.

    Item `i` is a dict `{"objects": [...]}`, one dict an object: `shape`,
    `color`, `size` (names), `cell` (0..8, row by row) and `pos`, the centre
    (row, column) as fractions of the image's side, as in the original.

    Args:
        table: Int32 array `(objects, 7)` sorted by its first column: image,
            cell, size, color, shape, centre row, centre column in pixels.
        count: int. Number of pictures.
        image_size: int. Their side in pixels.
    """

    def __init__(self, table: np.ndarray, count: int, image_size: int):
        self.table = table
        self.image_size = image_size
        self._starts = np.searchsorted(table[:, 0], np.arange(count + 1))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, index: int) -> dict:
        return {
            "objects": [
                {
                    "shape": SHAPES[shape],
                    "color": _COLOR_NAMES[color],
                    "size": SIZES[size],
                    "cell": cell,
                    "pos": [row / self.image_size, column / self.image_size],
                }
                for _, cell, size, color, shape, row, column in self._rows(
                    index
                )
            ]
        }

    def scene(self, index: int) -> Scene:
        """The content of a picture, without the places inside the cells."""
        return tuple(
            Thing(cell, SIZES[size], _COLOR_NAMES[color], SHAPES[shape])
            for _, cell, size, color, shape, _, _ in self._rows(index)
        )

    def _rows(self, index):
        image = range(len(self))[index]
        rows = self.table[self._starts[image] : self._starts[image + 1]]
        return rows.tolist()
