"""Relationship against a loop over every pair of positions."""

import numpy as np
import pytest

from keras_cmr.layers import Relationship
from tests.layers.fusion import plain
from tests.testing import numpy
from tests.testing import run_layer_test

SHAPE = (3, 2, 6)


@pytest.mark.parametrize("coordinates", [True, False])
def test_by_a_loop_over_pairs(coordinates):
    fusion = Relationship(units=7, num_layers=3, coordinates=coordinates)
    reference, modification = plain.inputs(SHAPE, batch=2)
    fusion(reference, modification)
    plain.randomize(fusion)
    grid = [[(y, x) for x in (-1, 1)] for y in (-1, 0, 1)]
    kernel = np.concatenate(
        [
            fusion.first.get_weights()[0],
            fusion.second.get_weights()[0],
            fusion.text.get_weights()[0],
        ]
    )
    query = numpy(fusion(reference, modification))
    for row in range(2):
        places = [
            np.append(reference[row, y, x], grid[y][x] if coordinates else [])
            for y, x in np.ndindex(3, 2)
        ]
        relations = []
        for a in places:
            for b in places:
                h = np.concatenate([a, b, modification[row]]) @ kernel
                h = plain.relu(h + fusion.text.get_weights()[1])
                for dense in fusion.hidden:
                    h = plain.dense(dense, h)
                relations.append(h)
        assert len(relations) == 36
        vector = plain.sequential(
            fusion.output_mlp, np.mean(relations, axis=0)[None]
        )[0]
        # The vector is everywhere, so average pooling gives it back.
        for y, x in np.ndindex(3, 2):
            np.testing.assert_allclose(
                query[row, y, x], vector, rtol=1e-4, atol=1e-6
            )


def test_places_count_only_by_their_coordinates():
    reference, modification = plain.inputs(SHAPE)
    flipped = reference[:, ::-1]
    for coordinates in (True, False):
        fusion = Relationship(units=8, coordinates=coordinates)
        same = np.allclose(
            numpy(fusion(reference, modification)),
            numpy(fusion(flipped, modification)),
            rtol=1e-4,
            atol=1e-6,
        )
        assert same is not coordinates


def test_relationship_is_a_layer(tmp_path):
    run_layer_test(
        Relationship,
        {"units": 16, "num_layers": 2, "dropout": 0.1, "coordinates": True},
        plain.inputs(SHAPE),
        (5, *SHAPE),
        tmp_path,
    )


def test_half_precision_holds_many_pairs():
    fusion = Relationship(units=8, dtype="mixed_float16")
    reference, modification = plain.inputs((8, 8, 6), batch=1)
    query = numpy(fusion(100.0 * reference, 100.0 * modification))
    assert np.isfinite(query).all()


def test_bad_input():
    with pytest.raises(ValueError, match=r"`num_layers` must be.*Received.*=0"):
        Relationship(num_layers=0)
