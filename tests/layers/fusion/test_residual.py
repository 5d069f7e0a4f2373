"""Residual against its formula in NumPy."""

import numpy as np
import pytest

from keras_cmr.layers import Residual
from tests.layers.fusion import plain
from tests.testing import numpy
from tests.testing import run_layer_test


@pytest.mark.parametrize("num_blocks", [0, 3])
def test_by_numpy(num_blocks):
    fusion = Residual(num_blocks=num_blocks)
    reference, modification = plain.inputs()
    fusion(reference, modification)
    plain.randomize(fusion)
    both = np.concatenate([reference, modification], axis=1)
    correction = plain.sequential(fusion.join, both)
    gate = plain.sigmoid(plain.sequential(fusion.gate, correction))
    for block in fusion.blocks:
        correction = correction + plain.sequential(block, correction)
    expected = gate * reference + (1 - gate) * correction
    query = numpy(fusion(reference, modification))
    np.testing.assert_allclose(query, expected, rtol=1e-3, atol=1e-5)
    assert len(fusion.blocks) == num_blocks


def test_an_open_gate_keeps_the_reference():
    fusion = Residual()
    reference, modification = plain.inputs()
    fusion(reference, modification)
    kernel, _ = fusion.gate.layers[-1].get_weights()
    fusion.gate.layers[-1].set_weights([0 * kernel, np.full(6, 50.0)])
    query = numpy(fusion(reference, modification))
    np.testing.assert_allclose(query, reference, rtol=1e-6, atol=1e-6)


def test_a_vector_of_one_number():
    reference, modification = plain.inputs((1,), (1,))
    assert Residual()(reference, modification).shape == (5, 1)


def test_residual_is_a_layer(tmp_path):
    kwargs = {"num_blocks": 2}
    inputs = plain.inputs((16,))
    run_layer_test(Residual, kwargs, inputs, (5, 16), tmp_path)


def test_bad_input():
    with pytest.raises(ValueError, match=r"must not.*Received.*=-1"):
        Residual(num_blocks=-1)
