"""Show and tell against an LSTM written out step by step."""

import numpy as np

from keras_cmr.layers import ShowAndTell
from tests.layers.fusion import plain
from tests.testing import numpy
from tests.testing import run_layer_test


def test_two_steps_by_numpy():
    fusion = ShowAndTell(units=3)
    reference, modification = plain.inputs()
    fusion(reference, modification)
    plain.randomize(fusion)
    kernel, recurrent, bias = fusion.lstm.get_weights()
    hidden = cell = np.zeros((5, 3))
    for step in (
        plain.dense(fusion.image, reference),
        plain.dense(fusion.text, modification),
    ):
        gates = step @ kernel + hidden @ recurrent + bias
        # Keras keeps them in the order input, forget, cell, output.
        enter, forget, new, leave = np.split(gates, 4, axis=1)
        cell = plain.sigmoid(forget) * cell + plain.sigmoid(enter) * np.tanh(
            new
        )
        hidden = plain.sigmoid(leave) * np.tanh(cell)
    expected = plain.dense(fusion.projection, hidden)
    query = numpy(fusion(reference, modification))
    np.testing.assert_allclose(query, expected, rtol=1e-4, atol=1e-6)


def test_the_image_comes_first():
    fusion = ShowAndTell(units=8)
    a, b = plain.inputs((4,), (4,))
    fusion(a, b)
    fusion.text.set_weights(fusion.image.get_weights())
    assert not np.allclose(numpy(fusion(a, b)), numpy(fusion(b, a)))


def test_show_and_tell_is_a_layer(tmp_path):
    run_layer_test(ShowAndTell, {"units": 7}, plain.inputs(), (5, 6), tmp_path)
