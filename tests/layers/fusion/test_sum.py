"""Sum: by hand."""

import numpy as np

from keras_cmr.layers import Sum
from tests.layers.fusion import plain
from tests.testing import numpy
from tests.testing import run_layer_test


def test_sum_by_hand():
    fusion = Sum()
    query = fusion(np.array([[1.0, -2.0]]), np.array([[0.5, 3.0]]))
    np.testing.assert_array_equal(numpy(query), [[1.5, 1.0]])
    assert fusion.count_params() == 0


def test_another_size_is_projected():
    fusion = Sum()
    reference = np.array([[1.0, -2.0]])
    modification = np.array([[1.0, 2.0, 3.0]])
    fusion(reference, modification)
    fusion.projection.set_weights([np.array([[1, 0], [0, 1], [2, -1]])])
    query = numpy(fusion(reference, modification))
    # The text becomes [1 + 6, 2 - 3].
    np.testing.assert_allclose(query, [[8.0, -3.0]])


def test_sum_is_a_layer(tmp_path):
    run_layer_test(Sum, {}, plain.inputs(), (5, 6), tmp_path)
