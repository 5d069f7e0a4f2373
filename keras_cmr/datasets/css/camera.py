"""The camera of the 3D view: a pinhole above the front edge of the board."""

import math
from typing import NamedTuple

import numpy as np

from keras_cmr.datasets.css.solids import Vector

_DISTANCE = 3.6  # from the middle of the board, in sides of the board
_HALF_WIDTH = 0.16  # of the picture, at distance 1


def rotation(half_tangent: float) -> tuple[float, float]:
    """Cosine and sine of the angle with the tangent of its half.

    Made without `math.cos`, which may differ in the last bit between
    machines.
    """
    square = half_tangent * half_tangent
    return (1 - square) / (1 + square), 2 * half_tangent / (1 + square)


class Box(NamedTuple):
    """A rectangle of samples: first and last + 1, down and right."""

    rows: slice
    columns: slice


class Camera:
    """Rays through a square of `samples` by `samples`.

    The board is the square of side 1 around the origin, x to the right, y
    away from the viewer, z upwards.

    Args:
        samples: int. Rays along each side of the picture.
        height: float. Tangent of half the angle at which the camera looks
            down.
        aside: float. Tangent of half the angle by which it stands beside
            the middle.
    """

    def __init__(self, samples: int, height: float, aside: float):
        level, down = rotation(height)
        cos, sin = rotation(aside)
        self.samples = samples
        self.forward = (sin * level, cos * level, -down)
        self.right = (cos, -sin, 0.0)
        self.up = (sin * down, cos * down, level)
        self.position = tuple(-_DISTANCE * x for x in self.forward)

    def rays(self) -> Vector:
        """Directions `(samples, samples)`, 1 long along the line of sight."""
        steps = np.arange(1, 2 * self.samples, 2, dtype="float32")
        across = steps * (_HALF_WIDTH / self.samples) - _HALF_WIDTH
        upwards = -across[:, None]
        return tuple(
            (forward + up * upwards) + right * across
            for forward, right, up in zip(
                self.forward, self.right, self.up, strict=True
            )
        )

    def box(self, centre: tuple[float, float, float], radius: float) -> Box:
        """Samples among which are all those whose ray meets a ball."""
        seen = [c - p for c, p in zip(centre, self.position, strict=True)]
        depth = _scalar(seen, self.forward)
        ends = []
        for axis, sign in ((self.up, -1), (self.right, 1)):
            middle = sign * _scalar(seen, axis)
            # Each edge of the ball's shadow on the picture lies between
            # those that its nearest and its farthest point could throw.
            slopes = [
                (middle + side * radius) / (depth + other * radius)
                for side in (-1, 1)
                for other in (-1, 1)
            ]
            scaled = [
                (slope / _HALF_WIDTH + 1) * self.samples / 2
                for slope in (min(slopes), max(slopes))
            ]
            first = max(0, math.floor(scaled[0]))
            last = min(self.samples, math.ceil(scaled[1]))
            ends.append(slice(first, max(first, last)))
        return Box(*ends)


def _scalar(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def around(one: Box, other: Box) -> Box:
    """The smallest box with both in it."""
    return Box(
        *(
            slice(min(a.start, b.start), max(a.stop, b.stop))
            for a, b in zip(one, other, strict=True)
        )
    )
