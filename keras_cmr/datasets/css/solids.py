"""The bodies of the 3D view: where a ray is inside one, and its normals.

Each body is convex and given in its own coordinates, in which it touches
-1 and 1 along x and y. A ray is `o + t * d`, with arrays of any shapes
that broadcast for the three components of `o` and `d`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Vector = tuple[np.ndarray, np.ndarray, np.ndarray]

# From here on, of half the body, edges look rounded: sharp ones would lie
# between pixels or not by chance, and no real block has them.
_EDGE = 0.86
_FLAT = 0.8  # the cylinder's height: more of its round top is seen


class Solid(NamedTuple):
    """A kind of body.

    Args:
        scale: float. Half its width for an object of half-size 1: what has
            corners is a little smaller, so that all kinds look equally big.
        height: float. Half its height, in its own coordinates.
        interval: Function of `o` and `d` to the `t` at which rays enter and
            leave; a ray misses where it leaves before it enters.
        normal: Function of a point on the surface to the normal there, not
            of unit length.
    """

    scale: float
    height: float
    interval: Callable[[Vector, Vector], tuple[np.ndarray, np.ndarray]]
    normal: Callable[[Vector], Vector]


def dot(a: Vector, b: Vector) -> np.ndarray:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _quadratic(a, b, c):
    """Where `a t^2 + 2 b t + c < 0`, for positive `a`."""
    root = b * b - a * c
    miss = root < 0
    root = np.sqrt(np.maximum(root, 0))
    near = (-b - root) / a
    far = (root - b) / a
    far[miss] = -np.inf
    return near, far


def _slab(o, d, half=1):
    """Where `-half < o + t d < half`."""
    inverse = 1 / d
    one, other = (-half - o) * inverse, (half - o) * inverse
    return np.minimum(one, other), np.maximum(one, other)


def _both(one, other):
    return np.maximum(one[0], other[0]), np.minimum(one[1], other[1])


def _in_sphere(o, d):
    return _quadratic(dot(d, d), dot(o, d), dot(o, o) - 1)


def _in_cube(o, d):
    sides = _both(_slab(o[0], d[0]), _slab(o[1], d[1]))
    return _both(sides, _slab(o[2], d[2]))


def _in_cylinder(o, d):
    mantle = _quadratic(
        d[0] * d[0] + d[1] * d[1],
        o[0] * d[0] + o[1] * d[1],
        o[0] * o[0] + o[1] * o[1] - 1,
    )
    return _both(mantle, _slab(o[2], d[2], _FLAT))


def _beyond_edge(x, half=1):
    flat = _EDGE + half - 1
    return x - np.clip(x, -flat, flat)


def _cylinder_normal(p):
    radius = np.sqrt(p[0] * p[0] + p[1] * p[1])
    outward = np.maximum(radius - _EDGE, 0) / np.maximum(radius, 1e-6)
    return p[0] * outward, p[1] * outward, _beyond_edge(p[2], _FLAT)


# By the name of the shape in 2D, which stays the name in texts and tables.
SOLIDS = {
    "circle": Solid(1.0, 1.0, _in_sphere, lambda p: p),
    "rectangle": Solid(
        0.8, 1.0, _in_cube, lambda p: tuple(_beyond_edge(x) for x in p)
    ),
    "triangle": Solid(0.92, _FLAT, _in_cylinder, _cylinder_normal),
}
