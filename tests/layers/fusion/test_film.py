"""FiLM by hand, on vectors and on maps."""

import numpy as np
import pytest

from keras_cmr.layers import FiLM
from tests.layers.fusion import plain
from tests.testing import numpy
from tests.testing import run_layer_test


def with_generator(fusion, reference, modification, kernel, bias):
    fusion(reference, modification)
    fusion.generator.set_weights([np.array(kernel), np.array(bias)])
    return numpy(fusion(reference, modification))


def test_vectors_by_hand():
    query = with_generator(
        FiLM(),
        np.array([[1.0, -2.0]]),
        np.array([[2.0]]),
        [[1.0, -1.0, 0.5, 0.0]],
        [0.0, 0.5, 0.0, 3.0],
    )
    # gamma = 1 + [2, -1.5], beta = [1, 3].
    np.testing.assert_allclose(query, [[3 * 1 + 1, -0.5 * -2 + 3]])


def test_maps_by_numpy():
    fusion = FiLM(spatial=True)
    reference, modification = plain.inputs((3, 2, 6))
    fusion(reference, modification)
    plain.randomize(fusion)
    modulation = plain.dense(fusion.generator, modification)
    expected = np.empty_like(reference)
    for row, y, x in np.ndindex(*reference.shape[:3]):
        scale, shift = modulation[row, :6], modulation[row, 6:]
        expected[row, y, x] = (1 + scale) * reference[row, y, x] + shift
    query = numpy(fusion(reference, modification))
    np.testing.assert_allclose(query, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("spatial", [False, True])
def test_gamma_one_and_beta_zero_is_the_identity(spatial):
    reference, modification = plain.inputs((3, 2, 6) if spatial else (6,))
    fusion = FiLM(spatial=spatial)
    query = with_generator(
        fusion, reference, modification, np.zeros((4, 12)), np.zeros(12)
    )
    np.testing.assert_array_equal(query, reference)


@pytest.mark.parametrize("spatial", [False, True])
def test_film_is_a_layer(spatial, tmp_path):
    shape = (3, 2, 6) if spatial else (6,)
    inputs = plain.inputs(shape)
    run_layer_test(FiLM, {"spatial": spatial}, inputs, (5, *shape), tmp_path)


@pytest.mark.parametrize("spatial", [False, True])
def test_the_other_rank_is_refused(spatial):
    assert FiLM(spatial=spatial).uses_feature_map is spatial
    reference, modification = plain.inputs((6,) if spatial else (3, 2, 6))
    wanted = "height, width, channels" if spatial else r"\(batch, dim\)"
    with pytest.raises(ValueError, match=f"`reference` of FiLM .*{wanted}"):
        FiLM(spatial=spatial)(reference, modification)
