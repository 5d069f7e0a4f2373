"""Combiner against its formula in NumPy."""

import numpy as np
import pytest

from keras_cmr.layers import Combiner
from tests.layers.fusion import plain
from tests.testing import numpy
from tests.testing import run_layer_test


def parts(fusion, reference, modification):
    """Gate and joint branch, in NumPy."""
    text = plain.sequential(fusion.text, modification)
    image = plain.sequential(fusion.image, reference)
    both = np.concatenate([text, image], axis=1)
    gate = plain.sequential(fusion.gate, both)
    return gate, plain.sequential(fusion.joint, both)


@pytest.mark.parametrize("text_dim", [6, 4])
def test_by_numpy(text_dim):
    fusion = Combiner(projection_units=3, units=5)
    reference, modification = plain.inputs((6,), (text_dim,))
    fusion(reference, modification)
    plain.randomize(fusion)
    gate, joint = parts(fusion, reference, modification)
    assert gate.shape == (5, 1)
    text = modification
    if text_dim != 6:
        text = plain.dense(fusion.alignment, modification)
    expected = joint + gate * text + (1 - gate) * reference
    query = numpy(fusion(reference, modification))
    np.testing.assert_allclose(query, expected, rtol=1e-4, atol=1e-5)


def test_without_the_joint_branch_it_is_a_mixture():
    fusion = Combiner()
    reference, modification = plain.inputs((6,), (6,))
    fusion(reference, modification)
    last = fusion.joint.layers[-1]
    last.set_weights([0 * w for w in last.get_weights()])
    query = numpy(fusion(reference, modification))
    # What the mixture took of the text is one number a row, in (0, 1).
    gate = (query - reference) / (modification - reference)
    np.testing.assert_allclose(
        gate, gate[:, :1] + 0 * gate, rtol=1e-3, atol=1e-6
    )
    assert (gate > 0).all() and (gate < 1).all()


def test_widths_are_multiples_of_the_reference():
    fusion = Combiner()
    fusion(*plain.inputs((6,), (4,)))
    assert fusion.text.layers[0].units == fusion.image.layers[0].units == 24
    assert fusion.gate.layers[0].units == fusion.joint.layers[0].units == 48


def test_combiner_is_a_layer(tmp_path):
    kwargs = {"projection_units": 16, "units": 16, "dropout": 0.1}
    run_layer_test(Combiner, kwargs, plain.inputs(), (5, 6), tmp_path)
