import numpy as np
import pytest

from keras_cmr.datasets.css.camera import Camera
from keras_cmr.datasets.css.solids import SOLIDS

INSIDE = {
    "circle": lambda x, y, z: x * x + y * y + z * z < 1,
    "rectangle": lambda x, y, z: max(abs(x), abs(y), abs(z)) < 1,
    "triangle": lambda x, y, z: x * x + y * y < 1 and abs(z) < 0.8,
}


@pytest.mark.parametrize("shape", INSIDE)
def test_interval_is_where_the_ray_is_inside(shape):
    """Against small steps along the ray."""
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(60):
        o = rng.uniform(-2, 2, 3)
        d = rng.uniform(-1, 1, 3)
        near, far = SOLIDS[shape].interval(
            tuple(np.array([x], "float32") for x in o),
            tuple(np.array([x], "float32") for x in d),
        )
        steps = np.linspace(-8, 8, 1601)
        inside = [t for t in steps if INSIDE[shape](*(o + t * d))]
        if inside:
            hits += 1
            assert near[0] == pytest.approx(inside[0], abs=0.011)
            assert far[0] == pytest.approx(inside[-1], abs=0.011)
        else:
            # Missed, or touched for less than a step.
            assert not near[0] + 0.011 < far[0]
    assert hits > 10


@pytest.mark.parametrize(
    ("shape", "point", "direction"),
    [
        ("circle", (0.6, 0.0, 0.8), (0.6, 0, 0.8)),
        ("rectangle", (1, 0.3, -0.2), (1, 0, 0)),
        ("rectangle", (0.1, -0.2, 1), (0, 0, 1)),
        ("triangle", (0.3, 0.1, 0.8), (0, 0, 1)),
        ("triangle", (0.6, 0.8, 0.1), (0.6, 0.8, 0)),
        # Edges are round: between their faces the normal is, too.
        ("rectangle", (-1, 1, 0), (-(0.5**0.5), 0.5**0.5, 0)),
        ("triangle", (1, 0, -0.8), (0.5**0.5, 0, -(0.5**0.5))),
    ],
)
def test_normals(shape, point, direction):
    normal = SOLIDS[shape].normal(tuple(np.array([float(x)]) for x in point))
    normal = np.concatenate(normal)
    np.testing.assert_allclose(
        normal / np.linalg.norm(normal), direction, atol=1e-6
    )


def test_box_holds_every_ray_that_meets_the_ball():
    rng = np.random.default_rng(1)
    for _ in range(30):
        camera = Camera(
            40, height=rng.uniform(0.4, 0.6), aside=rng.uniform(-0.1, 0.1)
        )
        centre = rng.uniform(-0.6, 0.6, 3)
        radius = rng.uniform(0.02, 0.3)
        rays = np.stack(camera.rays(), axis=-1).astype(float)
        rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
        to_centre = centre - np.array(camera.position)
        missed_by = np.linalg.norm(np.cross(rays, to_centre), axis=-1)
        meets = missed_by < radius
        box = camera.box(tuple(centre), radius)
        meets[box] = False
        assert not meets.any()


def test_box_is_not_the_whole_picture():
    camera = Camera(100, height=0.5, aside=0.0)
    rows, columns = camera.box((0.0, 0.0, 0.0), 0.05)
    assert rows.start > 38
    assert rows.stop < 62
    assert (rows.start, rows.stop) == (columns.start, columns.stop)
    # Beyond the edge there is nothing to see.
    rows, columns = camera.box((3.0, 0.0, 0.0), 0.05)
    assert columns.start == columns.stop
