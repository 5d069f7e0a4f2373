import numpy as np
import pytest

from keras_cmr.datasets.css.drawing import draw
from keras_cmr.datasets.css.drawing import stamp

RED = (244, 35, 35)


def coverage(half, inside):
    """Share of 16 sample points of each pixel, by plain loops."""
    rows = []
    for y in range(-half, half):
        row = []
        for x in range(-half, half):
            hits = 0
            for i in range(4):
                for j in range(4):
                    hits += inside(x + (2 * j + 1) / 8, y + (2 * i + 1) / 8)
            row.append(hits / 16)
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize(("size", "half"), [("small", 4), ("large", 8)])
@pytest.mark.parametrize(
    ("shape", "fits"),
    [
        ("circle", lambda x, y, s: x * x + y * y <= s * s),
        ("rectangle", lambda x, y, s: True),
        ("triangle", lambda x, y, s: abs(x) <= (y + s) / 2),
    ],
)
def test_stamp_is_the_share_of_samples_inside(size, half, shape, fits):
    share = coverage(half, lambda x, y: fits(x, y, half))[..., None]
    blend = share * np.array(RED) + (1 - share) * 255
    # Half-way values go up; float sums of sixteenths are exact here.
    expected = np.floor(blend + 0.5)
    actual = stamp(size, "red", shape, 64)
    assert actual.dtype == "uint8"
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("image_size", [32, 64, 128])
def test_areas(image_size):
    half = image_size // 8
    for shape, area in [
        ("circle", np.pi * half**2),
        ("rectangle", 4 * half**2),
        ("triangle", 2 * half**2),
    ]:
        green = stamp("large", "red", shape, image_size)[..., 1].astype(int)
        drawn = (255 - green).sum() / (255 - 35)
        assert drawn == pytest.approx(area, rel=0.02)


def test_draw_puts_the_stamp_around_the_centre():
    # image, cell, size, color, shape, row, column: small red rectangle.
    objects = np.array([[1, 4, 0, 1, 1, 30, 33], [2, 0, 1, 1, 1, 8, 9]])
    pixels = draw(objects, 3, 64)
    expected = np.full((3, 64, 64, 3), 255)
    expected[1, 26:34, 29:37] = RED
    expected[2, 0:16, 1:17] = RED
    np.testing.assert_array_equal(pixels, expected)
