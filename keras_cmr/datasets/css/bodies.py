"""Where the objects of a picture stand, as bodies on the board."""

from typing import NamedTuple

import numpy as np

from keras_cmr.datasets.css.camera import rotation
from keras_cmr.datasets.css.random_stream import RandomStream
from keras_cmr.datasets.css.scenes import COLORS
from keras_cmr.datasets.css.scenes import SHAPES
from keras_cmr.datasets.css.solids import SOLIDS
from keras_cmr.datasets.css.solids import Solid
from keras_cmr.datasets.css.solids import Vector

_RADII = (0.06, 0.11)  # small and large, in sides of the board
_SHIFT = 1 / 128
# Tangent of half of 20 degrees: large cubes in neighbouring cells, shifted
# towards each other and turned, stay apart.
_TURN = 0.18

_PAINT = tuple(COLORS.values())


class Body(NamedTuple):
    """An object where it stands in one picture.

    Args:
        solid: Its `Solid`.
        color: Three floats in 0..1, the share of light that it returns.
        half: float. Half its width.
        centre: Three floats, in sides of the board.
        turn: Pair of floats, cosine and sine of its angle.
    """

    solid: Solid
    color: tuple[float, float, float]
    half: float
    centre: tuple[float, float, float]
    turn: tuple[float, float]

    def local(self, v: Vector) -> Vector:
        """A direction in the coordinates of the solid."""
        cos, sin = self.turn
        scale = 1 / self.half
        return (
            (v[0] * cos + v[1] * sin) * scale,
            (v[1] * cos - v[0] * sin) * scale,
            v[2] * scale,
        )

    def local_point(self, p: Vector) -> Vector:
        """A point in the coordinates of the solid."""
        return self.local(
            tuple(x - c for x, c in zip(p, self.centre, strict=True))
        )

    def world(self, v: Vector) -> Vector:
        """A direction from the solid's coordinates, but for its length."""
        cos, sin = self.turn
        return v[0] * cos - v[1] * sin, v[0] * sin + v[1] * cos, v[2]


def swing(stream: RandomStream) -> float:
    """A number in -1..1."""
    return stream.between(-1024, 1024) / 1024


def pose(objects: np.ndarray, image_size: int, stream: RandomStream):
    """The bodies of a picture: a list with one `Body` for each object.

    Args:
        objects: Int array `(objects, 7)`, rows of an object table.
        image_size: int. Side in pixels that the centres in it refer to.
        stream: Turns each body by at most 20 degrees and shifts it by at
            most a 128th of the side, along either axis.
    """
    bodies = []
    for _, _, size, color, shape, row, column in objects.tolist():
        solid = SOLIDS[SHAPES[shape]]
        half = _RADII[size] * solid.scale
        body = Body(
            solid=solid,
            # The names of colours are values of a screen; taken as those of
            # one with gamma 2, whose inverse is a square root.
            color=tuple((c / 255) * (c / 255) for c in _PAINT[color]),
            half=half,
            centre=(
                column / image_size - 0.5 + _SHIFT * swing(stream),
                0.5 - row / image_size + _SHIFT * swing(stream),
                half * solid.height,
            ),
            turn=rotation(_TURN * swing(stream)),
        )
        bodies.append(body)
    return bodies
