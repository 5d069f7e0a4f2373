"""Fusions against numbers worked out by hand and plain NumPy."""

import keras
import numpy as np
import pytest

from keras_cmr import layers
from tests.layers.discovery import FUSIONS
from tests.layers.discovery import inputs_for
from tests.testing import numpy
from tests.testing import run_layer_test


def relu(x):
    return np.maximum(x, 0.0)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def test_unimodal_fusions_return_their_half():
    reference, modification = inputs_for(layers.ImageOnly())
    image = layers.ImageOnly()(reference, modification)
    text = layers.TextOnly()(reference, modification)
    np.testing.assert_array_equal(numpy(image), reference)
    np.testing.assert_array_equal(numpy(text), modification)


def test_tirg_by_hand():
    # dim = text_dim = 1, so every weight is a number. In inference a fresh
    # batch normalisation divides by sqrt(1 + 1e-5), which 1e-4 forgives.
    fusion = layers.TIRG(initial_weights=(2.0, 3.0))
    reference = np.array([[1.0], [-2.0]], "float32")
    modification = np.array([[0.5], [4.0]], "float32")
    fusion(reference, modification)
    gate, residual = fusion.gate.layers, fusion.residual.layers
    gate[-1].set_weights([np.array([[1.0], [-2.0]]), np.array([0.5])])
    hidden = np.array([[1.0, 0.0], [0.0, -1.0]])
    residual[2].set_weights([hidden, np.array([0.0, 3.0])])
    residual[-1].set_weights([np.array([[1.0], [2.0]]), np.array([-1.0])])
    # Row 0: x = [1, 0.5]; gate = 1 - 1 + 0.5 = 0.5;
    #        hidden = [1, 2.5]; residual = 1 + 5 - 1 = 5.
    # Row 1: x = [0, 4]; gate = -8 + 0.5 = -7.5;
    #        hidden = [0, relu(-4 + 3)] = [0, 0]; residual = -1.
    expected = [
        [2 * sigmoid(0.5) * 1.0 + 3 * 5.0],
        [2 * sigmoid(-7.5) * -2.0 + 3 * -1.0],
    ]
    result = numpy(fusion(reference, modification))
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-6)


def test_concatenation_by_numpy():
    fusion = layers.Concatenation()
    reference, modification = inputs_for(fusion)
    result = numpy(fusion(reference, modification))
    first, second = (
        layer.get_weights()
        for layer in fusion.mlp.layers
        if isinstance(layer, keras.layers.Dense)
    )
    bn = 1 / np.sqrt(1 + 1e-5)
    both = np.concatenate([reference, modification], axis=1)
    hidden = relu(both * bn) @ first[0] + first[1]
    expected = relu(hidden * bn) @ second[0] + second[1]
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-5)


def naive_conv3x3(image, kernel, bias):
    """Zero-padded 3x3 convolution of one image, position by position."""
    height, width, _ = image.shape
    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)))
    out = np.zeros((height, width, kernel.shape[-1]))
    for y in range(height):
        for x in range(width):
            window = padded[y : y + 3, x : x + 3]
            out[y, x] = np.einsum("abc,abcd->d", window, kernel) + bias
    return out


def test_tirg_last_conv_by_numpy():
    fusion = layers.TIRGLastConv()
    reference, modification = inputs_for(fusion, batch=2, dim=3)
    result = numpy(fusion(reference, modification))
    bn = 1 / np.sqrt(1 + 1e-5)

    def branch(model, joint):
        first, second = (
            layer.get_weights()
            for layer in model.layers
            if isinstance(layer, keras.layers.Conv2D)
        )
        return naive_conv3x3(relu(naive_conv3x3(joint, *first)), *second)

    for row, image in enumerate(reference):
        text = np.broadcast_to(modification[row], (3, 3, 3))
        joint = np.concatenate([image, text], axis=-1) * bn
        gate = sigmoid(branch(fusion.gate, joint))
        expected = gate * image + 10.0 * branch(fusion.residual, joint)
        np.testing.assert_allclose(result[row], expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", FUSIONS)
def test_output_has_the_shape_of_the_reference(kind):
    fusion = kind()
    reference, modification = inputs_for(fusion)
    symbolic = fusion.compute_output_shape(reference.shape, modification.shape)
    assert tuple(symbolic) == reference.shape
    assert tuple(fusion(reference, modification).shape) == reference.shape


@pytest.mark.parametrize("kind", FUSIONS)
def test_permuting_the_batch_permutes_the_query(kind):
    fusion = kind()
    reference, modification = inputs_for(fusion)
    order = np.array([2, 0, 3, 1])
    query = numpy(fusion(reference, modification))
    permuted = numpy(fusion(reference[order], modification[order]))
    np.testing.assert_allclose(permuted, query[order], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", FUSIONS)
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_config_and_dtype_round_trip(kind, policy):
    fusion = kind(name="mine", dtype=policy)
    config = keras.saving.serialize_keras_object(fusion)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == fusion.get_config()
    query = again(*inputs_for(again))
    dtype = keras.backend.standardize_dtype(query.dtype)
    assert dtype == again.compute_dtype


WITHOUT_GRADIENT = {
    # The batch normalisation after it takes the mean away.
    layers.Concatenation: ["mlp/hidden/bias"],
}


@pytest.mark.parametrize(
    "kind", [layers.Concatenation, layers.TIRG, layers.TIRGLastConv]
)
def test_contract(kind, tmp_path):
    inputs = inputs_for(kind(), batch=5)
    expected = WITHOUT_GRADIENT.get(kind, ())
    shape = inputs[0].shape
    run_layer_test(kind, {}, inputs, shape, tmp_path, expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layers.TIRG(initial_weights=(1.0,)), "must be two numbers"),
        (
            lambda: layers.TIRG()(np.zeros((2, 3, 3, 4)), np.zeros((2, 4))),
            r"`reference` of TIRG must have the shape \(batch, dim\).*Received",
        ),
        (
            lambda: layers.TIRGLastConv()(np.zeros((2, 4)), np.zeros((2, 4))),
            "`reference` of TIRGLastConv .*height, width, channels.*Received",
        ),
        (
            lambda: layers.TIRG()(np.zeros((2, 4)), np.zeros((2, 5, 4))),
            "`modification` of TIRG .*Received",
        ),
        (
            lambda: layers.TextOnly()(np.zeros((2, 4)), np.zeros((2, 3))),
            "of one size. Received.*`embedding_dim`",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_scaled_normalization_by_hand():
    layer = layers.ScaledNormalization(initial_scale=10.0)
    rows = np.array([[3.0, 4.0], [0.0, 0.0]], "float32")
    np.testing.assert_allclose(
        numpy(layer(rows)), [[6.0, 8.0], [0.0, 0.0]], rtol=1e-6
    )
    assert [w.path.split("/")[-1] for w in layer.trainable_weights] == ["scale"]
    with pytest.raises(ValueError, match="`initial_scale` must be positive"):
        layers.ScaledNormalization(0.0)
