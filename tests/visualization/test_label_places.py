"""Labels keep their distance, their order and their middle."""

import numpy as np
import pytest

from keras_cmr.visualization.label_places import spread


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ([5, 1, 3], [5, 1, 3]),
        ([2, 2], [1.5, 2.5]),
        ([0, 0, 0, 9], [-1, 0, 1, 9]),
        # The pair at 0 meets the label at 1: three around 1/3.
        ([0, 0, 1], [-2 / 3, 1 / 3, 4 / 3]),
        ([], []),
    ],
)
def test_places(wanted, places):
    np.testing.assert_allclose(spread(wanted, 1.0), places)


def test_never_nearer_and_in_order():
    for seed in range(20):
        wanted = np.random.default_rng(seed).normal(size=12)
        places = spread(wanted, 0.3)
        order = np.argsort(wanted)
        assert (np.diff(places[order]) > 0.3 - 1e-9).all()
        assert places.mean() == pytest.approx(wanted.mean())
