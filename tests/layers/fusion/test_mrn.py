"""MRN against one number worked out and a loop over blocks."""

import numpy as np
import pytest

from keras_cmr.layers import MRN
from tests.layers.fusion import plain
from tests.testing import numpy
from tests.testing import run_layer_test


def set_dense(sequential, *weights):
    sequential.set_weights([np.array(w, "float32") for w in weights])


def test_one_block_by_hand():
    fusion = MRN(num_blocks=1)
    reference, modification = np.array([[0.5]]), np.array([[2.0]])
    fusion(reference, modification)
    set_dense(fusion.shortcuts[0], [[3.0]], [1.0])
    set_dense(fusion.text_branches[0], [[0.25]], [0.0])
    set_dense(fusion.image_branches[0], [[2.0]], [0.0], [[1.0]], [-0.5])
    # Linear path 3 * 2 + 1; product tanh(0.5) * tanh(tanh(1) - 0.5).
    expected = 7.0 + np.tanh(0.5) * np.tanh(np.tanh(1.0) - 0.5)
    query = numpy(fusion(reference, modification))
    np.testing.assert_allclose(query, [[expected]], rtol=1e-5)


def test_three_blocks_by_numpy():
    fusion = MRN()
    reference, modification = plain.inputs()
    fusion(reference, modification)
    plain.randomize(fusion)
    hidden = modification
    for i in range(3):
        image = plain.sequential(fusion.image_branches[i], reference)
        text = plain.sequential(fusion.text_branches[i], hidden)
        hidden = plain.sequential(fusion.shortcuts[i], hidden) + text * image
    query = numpy(fusion(reference, modification))
    np.testing.assert_allclose(query, hidden, rtol=1e-4, atol=1e-6)


def test_an_image_of_zeros_leaves_the_linear_path():
    fusion = MRN()
    reference, modification = plain.inputs()
    query = numpy(fusion(np.zeros_like(reference), modification))
    for shortcut in fusion.shortcuts:
        modification = plain.sequential(shortcut, modification)
    np.testing.assert_allclose(query, modification, rtol=1e-4, atol=1e-6)


def test_mrn_is_a_layer(tmp_path):
    kwargs = {"num_blocks": 2, "dropout": 0.1}
    run_layer_test(MRN, kwargs, plain.inputs(), (5, 6), tmp_path)


def test_bad_input():
    with pytest.raises(ValueError, match=r"`num_blocks` must be.*Received.*=0"):
        MRN(num_blocks=0)
