"""Discriminators against loops that score one pair at a time."""

import math

import keras
import numpy as np
import pytest

from keras_cmr.layers import discriminators
from tests.testing import numpy
from tests.testing import run_layer_test

BATCH = 5
Concat = discriminators.ConcatDiscriminator
EncodeAndDot = discriminators.EncodeAndDotDiscriminator
LocalConcat = discriminators.LocalConcatDiscriminator

CASES = [
    (Concat, {"units": 8}, (7,)),
    (Concat, {"units": 8, "num_layers": 1}, (7,)),
    (Concat, {"units": 8, "num_layers": 3}, (7,)),
    (EncodeAndDot, {"units": 8}, (7,)),
    (EncodeAndDot, {"units": 8, "scale": 1.0}, (3, 2, 7)),
    (LocalConcat, {"units": 8}, (3, 2, 7)),
]


def inputs_for(target_shape, batch=BATCH, seed=0):
    rng = np.random.default_rng(seed)
    query = rng.normal(size=(batch, 6)).astype("float32")
    return query, rng.normal(size=(batch, *target_shape)).astype("float32")


def randomize(layer, seed=1):
    """Weights away from their initial zeros and ones, variances positive."""
    rng = np.random.default_rng(seed)
    layer.set_weights(
        [w + rng.uniform(0.1, 0.5, size=w.shape) for w in layer.get_weights()]
    )


def every_pair(query, target, score):
    """Calls `score(query row, target vector)` for every pair and position."""
    maps = target.reshape(len(target), -1, target.shape[-1])
    scores = [[[score(q, v) for v in m] for m in maps] for q in query]
    return np.reshape(scores, (len(query), *target.shape[:-1]))


def concat_score(layer, query, vector):
    kernel = np.concatenate(
        [numpy(layer.query_dense.kernel), numpy(layer.target_dense.kernel)]
    )
    x = np.concatenate([query, vector]) @ kernel
    x = np.maximum(x + numpy(layer.query_dense.bias), 0)
    for dense in layer.hidden:
        x = np.maximum(x @ numpy(dense.kernel) + numpy(dense.bias), 0)
    (score,) = x @ numpy(layer.score_dense.kernel) + numpy(
        layer.score_dense.bias
    )
    return score


def project(side, x):
    """One side of encode-and-dot, in inference mode."""
    norm, layer_norm = side.batch_norm, side.layer_norm
    h = x @ numpy(side.hidden.kernel)
    h = (h - numpy(norm.moving_mean)) / np.sqrt(
        numpy(norm.moving_variance) + norm.epsilon
    )
    h = np.maximum(h * numpy(norm.gamma) + numpy(norm.beta), 0)
    h = h @ numpy(side.output_dense.kernel) + numpy(side.output_dense.bias)
    h = h + x @ numpy(side.shortcut.kernel)
    h = (h - h.mean()) / np.sqrt(h.var() + layer_norm.epsilon)
    return h * numpy(layer_norm.gamma) + numpy(layer_norm.beta)


def dot_score(layer, query, vector):
    scale = 1 / math.sqrt(8) if layer.scale is None else layer.scale
    return scale * sum(
        project(layer.query_projection, query)
        * project(layer.target_projection, vector)
    )


@pytest.mark.parametrize(("cls", "kwargs", "target_shape"), CASES)
def test_scores_by_loops(cls, kwargs, target_shape):
    query, target = inputs_for(target_shape)
    layer = cls(**kwargs)
    layer(query, target)
    randomize(layer)
    score = dot_score if cls is EncodeAndDot else concat_score
    expected = every_pair(query, target, lambda q, v: score(layer, q, v))
    scores = numpy(layer(query, target))
    assert scores.shape == (BATCH, BATCH, *target_shape[:-1])
    np.testing.assert_allclose(scores, expected, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize(("cls", "kwargs", "target_shape"), CASES)
def test_contract(cls, kwargs, target_shape, tmp_path):
    inputs = inputs_for(target_shape)
    shape = (BATCH, BATCH, *target_shape[:-1])
    run_layer_test(cls, kwargs, inputs, shape, tmp_path)


@pytest.mark.parametrize(("cls", "kwargs", "target_shape"), CASES)
def test_permuting_a_side_permutes_its_axis(cls, kwargs, target_shape):
    query, target = inputs_for(target_shape)
    layer = cls(**kwargs)
    scores = numpy(layer(query, target, training=True))
    rows, columns = np.array([[3, 1, 4, 0, 2], [2, 4, 0, 1, 3]])
    permuted = numpy(layer(query[rows], target[columns], training=True))
    expected = scores[rows][:, columns]
    np.testing.assert_allclose(permuted, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("cls", "kwargs", "target_shape"), CASES)
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_scores_are_float32_under_every_policy(
    cls, kwargs, target_shape, policy
):
    layer = cls(**kwargs, dtype=policy)
    scores = layer(*inputs_for(target_shape))
    assert keras.backend.standardize_dtype(scores.dtype) == "float32"
    assert {v.dtype for v in layer.trainable_variables} == {"float32"}


def test_default_scale_starts_with_scores_of_order_one():
    layer = EncodeAndDot(units=512)
    scores = numpy(layer(*inputs_for((16,), batch=64), training=True))
    assert 0.5 < scores.std() < 2.0


def test_training_reaches_the_batch_norm():
    query, target = inputs_for((7,))
    layer = EncodeAndDot(units=8)
    layer(query, target, training=False)
    sides = (layer.query_projection, layer.target_projection)
    assert not any(numpy(s.batch_norm.moving_mean).any() for s in sides)
    layer(query, target, training=True)
    assert all(numpy(s.batch_norm.moving_mean).any() for s in sides)


@pytest.mark.parametrize("num_negatives", [1, 2, 4, 9])
@pytest.mark.parametrize("batch", [1, 2, 5, 8])
def test_sampled_scores_are_those_of_the_full_form(num_negatives, batch):
    query, target = inputs_for((3, 2, 7), batch)
    full = LocalConcat(units=8)
    sampled = LocalConcat(units=8, num_negatives=num_negatives)
    expected = numpy(full(query, target))
    sampled(query, target)
    sampled.set_weights(full.get_weights())
    scores = numpy(sampled(query, target))
    pairs = numpy(sampled.scored_pairs(batch)).astype(bool)
    assert pairs.diagonal().all()
    assert (pairs.sum(0) == 1 + min(num_negatives, batch - 1)).all()
    assert (pairs.sum(1) == 1 + min(num_negatives, batch - 1)).all()
    np.testing.assert_allclose(scores[pairs], expected[pairs], atol=1e-6)
    assert np.isnan(scores[~pairs]).all()


def test_shifts_are_spread_over_the_batch():
    pairs = numpy(LocalConcat(num_negatives=4).scored_pairs(32))
    assert np.flatnonzero(pairs[0]).tolist() == [0, 4, 12, 20, 28]
    assert np.flatnonzero(pairs[30]).tolist() == [2, 10, 18, 26, 30]


def test_other_discriminators_score_all_pairs():
    for layer in (Concat(), EncodeAndDot(), LocalConcat()):
        assert numpy(layer.scored_pairs(3)).all()


@pytest.mark.parametrize(
    ("cls", "query", "target", "message"),
    [
        (Concat, (5, 2, 6), (5, 7), r"`query` must .*Received: .*\(5, 2, 6\)"),
        (Concat, (5, 6), (5, 3, 2, 7), r"`target` must .*`\(batch, dim\)` w"),
        (LocalConcat, (5, 6), (5, 7), r"`target` must .*`\(batch, height"),
        (EncodeAndDot, (5, 6), (5, 3, 7), r"`\(batch, dim\)` or `\(batch, hei"),
        (EncodeAndDot, (5, 6), (4, 7), r"same batch size.*\(4, 7\)"),
        (LocalConcat, (5, 6), (4, 2, 2, 7), r"same batch size"),
    ],
)
def test_shape_errors(cls, query, target, message):
    with pytest.raises(ValueError, match=message):
        cls(units=8)(np.zeros(query, "float32"), np.zeros(target, "float32"))


def test_open_dimension_is_an_error():
    query, target = keras.Input((None,)), keras.Input((7,))
    with pytest.raises(ValueError, match=r"known `dim`.*\(None, None\)"):
        Concat(units=8)(query, target)


def test_argument_errors():
    with pytest.raises(ValueError, match=r"`num_layers` .*num_layers=0"):
        Concat(num_layers=0)
    with pytest.raises(ValueError, match=r"`num_negatives` .*=0"):
        LocalConcat(num_negatives=0)
