"""The 3D view: bodies on a bright ground, by ray casting.

Rays meet the bodies in closed form, and only the part of the picture that a
body, its shadow or its contact with the ground can reach is computed for it.
Nothing but `+ - * /`, square roots and comparisons of float32 arrays is used,
each of which IEEE 754 defines to the last bit, and no sum whose order is
NumPy's choice: so the pictures are the same on every machine.
"""

import math

import numpy as np

from keras_cmr.datasets.css.bodies import Body
from keras_cmr.datasets.css.bodies import pose
from keras_cmr.datasets.css.bodies import swing
from keras_cmr.datasets.css.camera import Camera
from keras_cmr.datasets.css.camera import around
from keras_cmr.datasets.css.random_stream import RandomStream
from keras_cmr.datasets.css.solids import Vector
from keras_cmr.datasets.css.solids import dot

_SAMPLES = 2  # per pixel and axis
_CORNER = 1.75  # more than sqrt(3), the distance of a cube's corner

# The camera looks down by 55 degrees, give or take 1, and stands up to 2
# degrees beside the middle.
_HEIGHT, _HEIGHT_SWING, _ASIDE_SWING = 0.52, 0.012, 0.02

_GROUND = (0.80, 0.80, 0.79)
_SKY, _BOUNCE = 0.48, 0.20  # light from all sides: from above, from below
_KEY, _FILL = 0.66, 0.12  # the lamp, which throws shadows, and a weak one
_SHINE = 0.42
_CONTACT = 0.75  # how much of the sky a body hides from the ground below it

_LIGHTS = 5  # along each side of the square lamp
_SPACING = 0.08  # between them, for a lamp at distance 1


def _unit(x: float, y: float, z: float) -> tuple[float, float, float]:
    length = math.sqrt(x * x + y * y + z * z)
    return x / length, y / length, z / length


_TO_LAMP = _unit(-0.62, -0.38, 1.0)
_TO_FILL = _unit(0.8, -0.7, 0.35)


def _lamp() -> Vector:
    """Directions to the lights of the lamp, three arrays `(lights, 1, 1)`."""
    steps = np.arange(1 - _LIGHTS, _LIGHTS, 2, dtype="float32")
    one = np.repeat(steps, _LIGHTS).reshape(-1, 1, 1) * (_SPACING / 2)
    other = np.tile(steps, _LIGHTS).reshape(-1, 1, 1) * (_SPACING / 2)
    # Turned, so that no two lights lie in a line along x or y: the edge of a
    # shadow then fades in many small steps.
    x = (one + other * (1 / _LIGHTS)) + _TO_LAMP[0]
    y = (other - one * (1 / _LIGHTS)) + _TO_LAMP[1]
    return x, y, np.full_like(x, _TO_LAMP[2])


_LAMP = _lamp()


def render(
    objects: np.ndarray, image_size: int, stream: RandomStream
) -> np.ndarray:
    """The picture of one scene.

    Args:
        objects: Int array `(objects, 7)`, rows of an object table.
        image_size: int. Side of the picture in pixels.
        stream: Decides the pose of the camera and of each body.

    Returns:
        Uint8 array `(image_size, image_size, 3)`.
    """
    camera = Camera(
        image_size * _SAMPLES,
        height=_HEIGHT + _HEIGHT_SWING * swing(stream),
        aside=_ASIDE_SWING * swing(stream),
    )
    bodies = pose(objects, image_size, stream)
    # A ray along a side of a cube divides by zero, and rightly so.
    with np.errstate(divide="ignore", invalid="ignore"):
        seen = _Seen(camera, bodies)
        return _shown(seen, *_shadows(seen, camera, bodies), camera.forward)


class _Seen:
    """What each ray meets first.

    Attributes:
        owner: Int array `(samples, samples)`: the body, -1 for the ground.
        point: Where, three arrays.
        normal: The unit normal there, three arrays.
        color: Share of light returned there, three arrays.
    """

    def __init__(self, camera: Camera, bodies: list[Body]):
        rays = camera.rays()
        depth = -camera.position[2] / rays[2]
        self.owner = np.full(depth.shape, -1, "int8")
        self.normal = [np.full_like(depth, x) for x in (0, 0, 1)]
        self.color = [np.full_like(depth, x) for x in _GROUND]
        for index, body in enumerate(bodies):
            box = camera.box(body.centre, _CORNER * body.half)
            start = body.local_point(camera.position)
            ways = body.local(tuple(d[box] for d in rays))
            near, far = body.solid.interval(start, ways)
            hit = (near < far) & (near < depth[box])
            normal = body.solid.normal(
                tuple(
                    o + d[hit] * near[hit]
                    for o, d in zip(start, ways, strict=True)
                )
            )
            scale = 1 / np.sqrt(dot(normal, normal))
            for array, x in zip(self.normal, body.world(normal), strict=True):
                array[box][hit] = x * scale
            for array, x in zip(self.color, body.color, strict=True):
                array[box][hit] = x
            depth[box][hit] = near[hit]
            self.owner[box][hit] = index
        self.point = tuple(
            o + d * depth for o, d in zip(camera.position, rays, strict=True)
        )


def _shadows(seen, camera, bodies) -> tuple[np.ndarray, np.ndarray]:
    """Shares in 0..1 of the lamp and of the sky that every point sees."""
    lamp = np.ones_like(seen.point[0])
    sky = np.ones_like(lamp)
    for index, body in enumerate(bodies):
        x, y, z = body.centre
        reach = _CORNER * body.half
        # From the body's highest point to where its shadow ends, and as much
        # around it as the lamp is wide.
        along = (z + reach) / _TO_LAMP[2]
        end = (x - along * _TO_LAMP[0], y - along * _TO_LAMP[1], 0.0)
        box = around(
            camera.box(body.centre, reach),
            camera.box(end, reach + along * _LIGHTS * _SPACING),
        )
        near, far = body.solid.interval(
            body.local_point(tuple(p[box] for p in seen.point)),
            body.local(_LAMP),
        )
        dark = np.count_nonzero((near < far) & (far > 0), axis=0)
        free = 1 - dark.astype("float32") * (1 / _LIGHTS**2)
        # A convex body throws no shadow on itself; its normals say it all.
        lamp[box] *= np.where(seen.owner[box] == index, 1, free)

        # A ball of this size hides 1 / distance^3 of the sky. What is left
        # at three half-widths is taken away, so that it ends without a step.
        box = camera.box((x, y, 0.0), 3 * body.half)
        across, upwards = seen.point[0][box] - x, seen.point[1][box] - y
        square = (across * across + upwards * upwards) * (
            1 / (body.half * body.half)
        ) + 1
        hidden = np.maximum(1 / (square * np.sqrt(square)) - 1 / 27, 0)
        sky[box] *= np.where(seen.owner[box] < 0, 1 - _CONTACT * hidden, 1)
    return lamp, sky


def _shown(seen, lamp, sky, forward) -> np.ndarray:
    """The picture, from what is seen and the light there."""
    around_us = seen.normal[2] * ((_SKY - _BOUNCE) / 2) + (_SKY + _BOUNCE) / 2
    light = (
        around_us * sky
        + np.maximum(dot(seen.normal, _TO_LAMP), 0) * lamp * _KEY
        + np.maximum(dot(seen.normal, _TO_FILL), 0) * _FILL
    )
    # Blinn's highlight, as for a viewer far away.
    halfway = _unit(*(a - b for a, b in zip(_TO_LAMP, forward, strict=True)))
    shine = np.maximum(dot(seen.normal, halfway), 0)
    for _ in range(6):  # to the 64th
        shine = shine * shine
    shine = shine * (seen.owner >= 0) * lamp * _SHINE
    channels = [
        np.minimum(_pixel_means(color * light + shine), 1)
        for color in seen.color
    ]
    # From light to the values of a screen, rounded to nearest.
    screen = np.stack([np.sqrt(x) * 255 + 0.5 for x in channels], axis=-1)
    return screen.astype("uint8")


def _pixel_means(x: np.ndarray) -> np.ndarray:
    n = len(x) // _SAMPLES
    blocks = x.reshape(n, _SAMPLES, n, _SAMPLES)
    total = blocks[:, 0, :, 0]
    for i in range(1, _SAMPLES**2):
        row, column = divmod(i, _SAMPLES)
        total = total + blocks[:, row, :, column]
    return total * (1 / _SAMPLES**2)
