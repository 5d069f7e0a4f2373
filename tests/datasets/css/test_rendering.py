"""What a person must be able to see in a rendered picture."""

import math

import numpy as np
import pytest

from keras_cmr.datasets.css.random_stream import RandomStream
from keras_cmr.datasets.css.rendering import render
from keras_cmr.datasets.css.scenes import COLORS
from keras_cmr.datasets.css.scenes import SHAPES

SMALL, LARGE = 0, 1
RED, GRAY, YELLOW = (list(COLORS).index(c) for c in ("red", "gray", "yellow"))
SPHERE, CUBE, CYLINDER = range(3)
NOTHING = np.empty((0, 7), "int32")


class Still:
    """A stream whose every number is the middle one: no pose."""

    def between(self, low, high):
        return (low + high) // 2


def thing(row, column, size=LARGE, color=RED, shape=SPHERE):
    return [0, 0, size, color, shape, row, column]


def picture(*things, size=64, stream=None):
    objects = np.array(things, "int32") if things else NOTHING
    return render(objects, size, stream or Still()).astype(int)


def colourful(pixels):
    """Where a picture is not gray; shadows and ground are."""
    return pixels.max(axis=-1) - pixels.min(axis=-1) > 25


def projected(x, y, z, size=64):
    """Row and column of a point of the board, with a matrix and angles."""
    pitch = 2 * math.atan(0.52)
    forward = np.array([0, math.cos(pitch), -math.sin(pitch)])
    up = np.array([0, math.sin(pitch), math.cos(pitch)])
    seen = np.array([x, y, z]) + 3.6 * forward
    focal = size / 2 / 0.16
    depth = seen @ forward
    return (
        size / 2 - focal * (seen @ up) / depth,
        size / 2 + focal * seen[0] / depth,
    )


@pytest.mark.parametrize("row", [10, 32, 54])
@pytest.mark.parametrize("column", [10, 32, 54])
def test_spheres_are_where_a_projection_puts_them(row, column):
    for size, radius in ((SMALL, 0.06), (LARGE, 0.11)):
        mask = colourful(picture(thing(row, column, size)))
        rows, columns = np.nonzero(mask)
        expected = projected(column / 64 - 0.5, 0.5 - row / 64, radius)
        # Pixel i reaches from i to i + 1.
        assert rows.mean() + 0.5 == pytest.approx(expected[0], abs=0.7)
        assert columns.mean() + 0.5 == pytest.approx(expected[1], abs=0.7)


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("shape", range(3), ids=SHAPES)
@pytest.mark.parametrize("color", range(8), ids=COLORS)
def test_colours_are_those_of_their_names(size, shape, color):
    ground = picture()
    pixels = picture(thing(32, 32, size, color, shape))
    # The object: what differs most from the ground.
    change = np.abs(pixels - ground).sum(axis=-1)
    body = pixels[change > 0.6 * np.quantile(change, 0.995)]
    seen = np.median(body, axis=0)
    names = np.array(list(COLORS.values()), float)
    alike = names @ seen / np.linalg.norm(names, axis=1)
    assert alike.argmax() == color
    # And not only in hue: gray is dark, cyan is bright.
    assert np.abs(seen - names[color]).max() < 60


@pytest.mark.parametrize("shape", range(3), ids=SHAPES)
def test_two_sizes(shape):
    areas = [
        [
            colourful(picture(thing(row, 32, size, RED, shape))).sum()
            for row in (10, 54)
        ]
        for size in (SMALL, LARGE)
    ]
    # The largest small one, near, and the smallest large one, far away.
    assert 2 * max(areas[0]) < min(areas[1])
    assert min(areas[0]) > 25


def test_shapes_differ():
    """A cube fills the corners of its outline, a sphere is the same from
    every side, and a cylinder has a flat bright top."""
    sphere, cube, cylinder = (
        picture(thing(112, 112, LARGE, RED, shape), size=224)
        for shape in range(3)
    )

    def fills(pixels):
        rows, columns = np.nonzero(colourful(pixels))
        high, wide = np.ptp(rows) + 1, np.ptp(columns) + 1
        return len(rows) / (high * wide), high / wide

    assert fills(sphere)[0] == pytest.approx(math.pi / 4, abs=0.03)
    assert fills(sphere)[1] == pytest.approx(1, abs=0.03)
    assert fills(cube)[0] > 0.9
    assert fills(sphere)[0] + 0.05 < fills(cylinder)[0] < fills(cube)[0]
    for pixels in (cube, cylinder):
        rows, columns = np.nonzero(colourful(pixels))
        column = round(columns.mean())
        top = pixels[rows.min() + 8, column, 0]
        front = pixels[rows.max() - 8, column, 0]
        assert top > front + 30


def test_shadow_falls_away_from_the_lamp():
    ground = picture()
    pixels = picture(thing(32, 32, color=YELLOW))
    row, column = (round(x) for x in projected(0, 0, 0))
    right, left = pixels[row, column + 8], pixels[row, column - 8]
    assert (right < ground[row, column + 8] - 40).all()
    assert (left > ground[row, column - 8] - 15).all()
    # Far away the ground knows nothing of it.
    np.testing.assert_array_equal(pixels[-6:], ground[-6:])
    np.testing.assert_array_equal(pixels[:6], ground[:6])


def test_shadows_fall_on_objects():
    alone = picture(thing(32, 42, SMALL, RED, SPHERE))
    shaded = picture(
        thing(33, 31, LARGE, GRAY, CUBE), thing(32, 42, SMALL, RED, SPHERE)
    )
    both = colourful(alone) & colourful(shaded)
    assert both.sum() > 15
    darker = alone[both, 0] - shaded[both, 0]
    assert darker.max() > 40
    assert darker.min() >= 0


def test_nearer_objects_hide_others():
    front, back = thing(34, 32, LARGE, RED), thing(22, 32, LARGE, GRAY)
    one, other = picture(front, back), picture(back, front)
    np.testing.assert_array_equal(one, other)
    alone = picture(front)
    inside = alone[..., 0] - alone[..., 1] > 120
    assert inside.sum() > 90
    np.testing.assert_array_equal(one[inside], alone[inside])
    gone = colourful(picture(thing(22, 32, LARGE, YELLOW))) & inside
    assert gone.sum() > 10


def test_edges_are_smooth():
    pixels = picture(thing(32, 32, LARGE, GRAY, SPHERE))
    ground = picture()
    row = round(projected(0, 0, 0.11)[0])
    across = (ground - pixels)[row, :, 0]
    steps = np.unique(across[(across > 20) & (across < 120)])
    assert len(steps) > 2


@pytest.mark.parametrize("size", [32, 224])
def test_sizes_show_the_same(size):
    """A large picture, reduced, is the small one."""
    things = [thing(12, 14, SMALL, YELLOW, CUBE), thing(40, 40)]
    small = picture(*things)
    # The same places in pixels of the other size.
    other = [[*t[:5], t[5] * size / 64, t[6] * size / 64] for t in things]
    assert all(float(x).is_integer() for t in other for x in t)
    big = picture(*other, size=size)
    masks = colourful(small), colourful(big)
    ratio = size / 64
    assert masks[1].sum() / masks[0].sum() == pytest.approx(ratio**2, rel=0.1)
    middles = [np.mean(np.nonzero(mask), axis=1) + 0.5 for mask in masks]
    np.testing.assert_allclose(middles[1] / ratio, middles[0], atol=0.5)
    np.testing.assert_allclose(
        big.mean(axis=(0, 1)), small.mean(axis=(0, 1)), atol=0.7
    )


def test_pose_varies_a_little():
    things = [thing(32, 32, LARGE, RED, CUBE)]
    again, one, other = (
        picture(*things, stream=RandomStream([0, i])) for i in (1, 1, 2)
    )
    np.testing.assert_array_equal(again, one)
    assert (one != other).any()
    places = [np.mean(np.nonzero(colourful(x)), axis=1) for x in (one, other)]
    assert np.abs(places[0] - places[1]).max() < 2


def test_neighbours_never_touch():
    """The largest cubes, shifted towards each other and turned most."""

    class Most:
        """Every number at its end, towards the middle of the two."""

        def __init__(self):
            self.shifts = iter([1, 0, 1, -1, 0, -1])

        def between(self, low, high):
            return high * next(self.shifts)

    from keras_cmr.datasets.css.bodies import pose

    # The centres that neighbouring cells come closest with.
    left, right = pose(
        np.array(
            [
                thing(32, 24, LARGE, RED, CUBE),
                thing(32, 40, LARGE, RED, CUBE),
            ]
        ),
        64,
        Most(),
    )
    reach = []
    for body in (left, right):
        cos, sin = body.turn
        reach.append(body.half * (abs(cos) + abs(sin)))
    assert left.centre[0] == pytest.approx(-0.125 + 1 / 128)
    assert right.centre[0] == pytest.approx(0.125 - 1 / 128)
    assert left.centre[0] + reach[0] < right.centre[0] - reach[1]
