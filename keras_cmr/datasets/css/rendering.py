"""The 3D view: bodies on a bright ground, by ray casting.

Rays meet the bodies in closed form. Only the part of the picture that a body
or its shadow can reach is computed for it. Nothing but `+ - * /`, square
roots and comparisons of float32 arrays is used, each of which IEEE 754
defines to the last bit, and no sum whose order NumPy chooses: the pictures
are the same on every machine.
"""

import math
from typing import NamedTuple

import numpy as np

from keras_cmr.datasets.css.camera import Camera
from keras_cmr.datasets.css.camera import around
from keras_cmr.datasets.css.camera import rotation
from keras_cmr.datasets.css.random_stream import RandomStream
from keras_cmr.datasets.css.scenes import COLORS
from keras_cmr.datasets.css.scenes import SHAPES
from keras_cmr.datasets.css.solids import SOLIDS
from keras_cmr.datasets.css.solids import Solid
from keras_cmr.datasets.css.solids import Vector
from keras_cmr.datasets.css.solids import dot

_SAMPLES = 2  # per pixel and axis
_RADII = (0.06, 0.11)  # small and large, in sides of the board

_GROUND = (0.80, 0.80, 0.79)
_SKY, _BOUNCE = 0.48, 0.20  # light from above and from the ground
_KEY, _FILL = 0.66, 0.12
_SHINE = 0.42
_CONTACT = 0.75  # how much a body hides of the sky above the ground

_SOFTNESS = 0.08  # between neighbouring lights
_LIGHTS = 5  # along each side of the square lamp


def _unit(*v: float) -> tuple[float, float, float]:
    length = math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
    return v[0] / length, v[1] / length, v[2] / length


_TO_LIGHT = _unit(-0.62, -0.38, 1.0)
_TO_FILL = _unit(0.8, -0.7, 0.35)


def _lamp() -> Vector:
    """Directions to the lights of the lamp, `(lights, 1, 1)` each."""
    steps = np.arange(1 - _LIGHTS, _LIGHTS, 2, dtype="float32") * (
        _SOFTNESS / 2
    )
    one = np.repeat(steps, _LIGHTS).reshape(-1, 1, 1)
    other = np.tile(steps, _LIGHTS).reshape(-1, 1, 1)
    # Turned, so that no two lights lie in a line along x or y: a shadow
    # then fades in `_LIGHTS` times as many steps.
    x = (one + other * (1 / _LIGHTS)) + _TO_LIGHT[0]
    y = (other - one * (1 / _LIGHTS)) + _TO_LIGHT[1]
    return x, y, np.full_like(x, _TO_LIGHT[2])


class Body(NamedTuple):
    """An object where it stands in one picture."""

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

    def world(self, v: Vector) -> Vector:
        """A direction of the solid's coordinates, without its scale."""
        cos, sin = self.turn
        return v[0] * cos - v[1] * sin, v[0] * sin + v[1] * cos, v[2]

    def local_point(self, p: Vector) -> Vector:
        return self.local(
            tuple(x - c for x, c in zip(p, self.centre, strict=True))
        )


def render(
    objects: np.ndarray, image_size: int, stream: RandomStream
) -> np.ndarray:
    """The picture of one scene.

    Args:
        objects: Int array `(objects, 7)`, rows of an object table.
        image_size: int. Side of the picture in pixels.
        stream: Decides the pose: the camera stands a little elsewhere in
            every picture, bodies are turned and shifted by up to a 128th
            of the side.

    Returns:
        Uint8 array `(image_size, image_size, 3)`.
    """
    camera = Camera(
        image_size * _SAMPLES,
        height=0.52 + 0.012 * _swing(stream),
        turn=0.02 * _swing(stream),
    )
    bodies = [_body(row, image_size, stream) for row in objects.tolist()]
    # A ray along a side of a cube divides by zero, and rightly so.
    with np.errstate(divide="ignore", invalid="ignore"):
        return _Picture(camera, bodies).pixels()


def _swing(stream: RandomStream) -> float:
    """A number in -1..1."""
    return stream.between(-1024, 1024) / 1024


def _body(row, image_size, stream) -> Body:
    _, _, size, color, shape, down, right = row
    solid = SOLIDS[SHAPES[shape]]
    half = _RADII[size] * solid.scale
    shift = 1 / 128
    return Body(
        solid=solid,
        # Colours are light of gamma 2.
        color=tuple((c / 255) * (c / 255) for c in _PAINT[color]),
        half=half,
        centre=(
            right / image_size - 0.5 + shift * _swing(stream),
            0.5 - down / image_size + shift * _swing(stream),
            half * solid.height,
        ),
        turn=rotation(0.18 * _swing(stream)),
    )


_PAINT = tuple(COLORS.values())


class _Picture:
    def __init__(self, camera: Camera, bodies: list[Body]):
        self._camera = camera
        self._rays = camera.rays()
        dx, dy, dz = self._rays
        self._depth = -camera.position[2] / dz + np.zeros_like(dx)
        self._owner = np.full(dx.shape, -1, "int8")
        self._normal = [np.full_like(dx, x) for x in (0, 0, 1)]
        self._color = [np.full_like(dx, x) for x in _GROUND]
        for index, body in enumerate(bodies):
            self._place(index, body)
        self._points = tuple(
            p + d * self._depth
            for p, d in zip(camera.position, self._rays, strict=True)
        )
        self._lit = np.ones_like(dx)
        self._open = np.ones_like(dx)
        for index, body in enumerate(bodies):
            self._shade(index, body)
            self._hide_sky(body)

    def _place(self, index, body):
        # The corners of a cube are sqrt(3) away.
        box = self._camera.box(body.centre, 1.75 * body.half)
        rays = tuple(d[box] for d in self._rays)
        o = body.local_point(self._camera.position)
        d = body.local(rays)
        near, far = body.solid.interval(o, d)
        hit = (near < far) & (near < self._depth[box])
        o, d, t = o, tuple(x[hit] for x in d), near[hit]
        normal = body.solid.normal(
            tuple(a + b * t for a, b in zip(o, d, strict=True))
        )
        scale = 1 / np.sqrt(dot(normal, normal))
        for array, x in zip(self._normal, body.world(normal), strict=True):
            array[box][hit] = x * scale
        for array, x in zip(self._color, body.color, strict=True):
            array[box][hit] = x
        self._depth[box][hit] = t
        self._owner[box][hit] = index

    def _shade(self, index, body):
        x, y, z = body.centre
        reach = 1.75 * body.half
        # Where the shadow of the top ends, with the softness of the lamp.
        along = (z + reach) / _TO_LIGHT[2]
        spread = reach + _LIGHTS / 2 * _SOFTNESS * along
        end = (x - along * _TO_LIGHT[0], y - along * _TO_LIGHT[1], 0.0)
        box = around(
            self._camera.box(body.centre, reach),
            self._camera.box(end, spread),
        )
        others = self._owner[box] != index
        points = tuple(p[box] for p in self._points)
        near, far = body.solid.interval(
            body.local_point(points), body.local(_LAMP)
        )
        blocked = np.count_nonzero((near < far) & (far > 1e-4), axis=0)
        lit = 1 - blocked.astype("float32") * (1 / _LIGHTS**2)
        self._lit[box] *= np.where(others, lit, 1)

    def _hide_sky(self, body):
        x, y, z = body.centre
        # What a ball hides of the sky: at three half-sizes nothing any more.
        box = self._camera.box((x, y, 0.0), 3 * body.half)
        px, py = (p[box] for p in self._points[:2])
        square = ((px - x) * (px - x) + (py - y) * (py - y)) * (
            1 / (body.half * body.half)
        ) + 1
        hidden = 1 / (square * np.sqrt(square)) - 1 / 27
        hidden = _CONTACT * np.maximum(hidden, 0)
        ground = self._owner[box] < 0
        self._open[box] *= np.where(ground, 1 - hidden, 1)

    def pixels(self):
        normal = self._normal
        key = np.maximum(dot(normal, _TO_LIGHT), 0) * self._lit
        fill = np.maximum(dot(normal, _TO_FILL), 0)
        sky = (normal[2] * ((_SKY - _BOUNCE) / 2) + (_SKY + _BOUNCE) / 2) * (
            self._open
        )
        light = sky + _KEY * key + _FILL * fill
        forward = self._camera.forward
        halfway = _unit(
            *(a - b for a, b in zip(_TO_LIGHT, forward, strict=True))
        )
        shine = np.maximum(dot(normal, halfway), 0)
        for _ in range(6):  # to the 64th
            shine = shine * shine
        shine = shine * (self._owner >= 0) * self._lit * _SHINE
        channels = [
            np.minimum(_mean_of_samples(color * light + shine), 1)
            for color in self._color
        ]
        shown = [np.sqrt(x) * 255 + 0.5 for x in channels]
        return np.stack(shown, axis=-1).astype("uint8")


_LAMP = _lamp()


def _mean_of_samples(x):
    n = len(x) // _SAMPLES
    blocks = x.reshape(n, _SAMPLES, n, _SAMPLES)
    total = 0
    for i in range(_SAMPLES):
        for j in range(_SAMPLES):
            total = total + blocks[:, i, :, j]
    return total * (1 / _SAMPLES**2)
