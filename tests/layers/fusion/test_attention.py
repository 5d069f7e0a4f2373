"""Attention against loops over heads and tokens."""

import keras
import numpy as np
import pytest

from keras_cmr.layers import Attention
from tests.layers.fusion import plain
from tests.testing import numpy
from tests.testing import run_layer_test

SHAPE = (3, 2, 6)
TOKENS = (7, 4)


def attend(layer, x, allowed):
    """Self-attention of one sequence: head after head, row after row."""
    query, query_bias, key, key_bias, value, value_bias, out, out_bias = (
        layer.get_weights()
    )
    result = np.tile(out_bias, (len(x), 1))
    for head in range(query.shape[1]):
        q = x @ query[:, head] + query_bias[head]
        k = x @ key[:, head] + key_bias[head]
        v = x @ value[:, head] + value_bias[head]
        for i in range(len(x)):
            weights = np.exp(k @ q[i] / np.sqrt(len(q[i]))) * allowed
            result[i] += (weights / weights.sum()) @ v @ out[head]
    return result


@pytest.mark.parametrize("text", ["vector", "tokens", "masked tokens"])
def test_by_loops(text):
    fusion = Attention(num_blocks=2, num_heads=4, units=5)
    modification_shape = (4,) if text == "vector" else TOKENS
    reference, modification = plain.inputs(SHAPE, modification_shape, batch=2)
    mask = np.ones((2, 7), bool)
    if text == "masked tokens":
        mask[0, 3:], mask[1, :] = False, False
    call = {} if text != "masked tokens" else {"modification_mask": mask}
    fusion(reference, modification, **call)
    plain.randomize(fusion)
    query = numpy(fusion(reference, modification, **call))
    for row in range(2):
        places = reference[row].reshape(6, 6)
        words = plain.dense(fusion.text, modification[row].reshape(-1, 4))
        x = np.concatenate([places, words])
        allowed = np.append(np.ones(6), mask[row][: len(words)])
        for i in range(2):
            h = plain.layer_normalization(fusion.norms[i], x)
            x = x + attend(fusion.attentions[i], h, allowed)
            x = x + plain.sequential(fusion.mlps[i], x)
        x = plain.layer_normalization(fusion.norms[2], x)
        expected = x[:6].reshape(SHAPE)
        np.testing.assert_allclose(query[row], expected, rtol=1e-3, atol=1e-4)


def test_masked_tokens_do_not_matter():
    fusion = Attention(num_blocks=2, num_heads=2)
    reference, modification = plain.inputs(SHAPE, TOKENS)
    mask = np.tile([True] * 3 + [False] * 4, (5, 1))
    query = numpy(fusion(reference, modification, modification_mask=mask))
    other = modification.copy()
    other[:, 3:] = 100.0
    again = numpy(fusion(reference, other, modification_mask=mask))
    np.testing.assert_allclose(again, query, rtol=1e-5, atol=1e-6)
    short = numpy(fusion(reference, modification[:, :3]))
    np.testing.assert_allclose(short, query, rtol=1e-4, atol=1e-5)
    other[:, 0] = 100.0
    changed = numpy(fusion(reference, other, modification_mask=mask))
    assert not np.allclose(changed, query, atol=1e-2)


def test_the_mask_of_an_embedding_arrives():
    words = keras.Input((None,), dtype="int32")
    picture = keras.Input(SHAPE)
    embedded = keras.layers.Embedding(9, 4, mask_zero=True)(words)
    model = keras.Model(
        [picture, words], Attention(num_heads=2)(picture, embedded)
    )
    reference, _ = plain.inputs(SHAPE)
    tokens = np.tile([3, 5], (5, 1))
    padded = np.tile([3, 5, 0, 0, 0], (5, 1))
    np.testing.assert_allclose(
        numpy(model([reference, padded])),
        numpy(model([reference, tokens])),
        rtol=1e-4,
        atol=1e-5,
    )


def test_a_vector_is_one_token():
    fusion = Attention(num_heads=2)
    reference, modification = plain.inputs(SHAPE)
    np.testing.assert_allclose(
        numpy(fusion(reference, modification)),
        numpy(fusion(reference, modification[:, None])),
        rtol=1e-5,
        atol=1e-6,
    )


@pytest.mark.parametrize("text", [(4,), TOKENS])
def test_attention_is_a_layer(text, tmp_path):
    kwargs = {"num_blocks": 2, "num_heads": 3, "units": 8, "dropout": 0.1}
    inputs = plain.inputs(SHAPE, text)
    # What is added to every key alike, a softmax over the keys takes out.
    biases = [f"attention_{i}/key/bias" for i in range(2)]
    run_layer_test(Attention, kwargs, inputs, (5, *SHAPE), tmp_path, biases)


def test_any_number_of_tokens():
    reference, modification = plain.inputs(SHAPE, TOKENS)
    picture, words = keras.Input(SHAPE), keras.Input((None, 4))
    model = keras.Model([picture, words], Attention()(picture, words))
    for length in (1, 7):
        query = model([reference, modification[:, :length]])
        assert query.shape == (5, *SHAPE)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Attention(num_blocks=0), "`num_blocks` must be.*Received.*=0"),
        (lambda: Attention(num_heads=0), "`num_heads` must be.*Received.*=0"),
        (
            lambda: Attention()(np.zeros((2, 3, 3, 4)), np.zeros((2, 3, 4, 5))),
            r"`modification` of Attention .*\(batch, length, text_dim\)",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
