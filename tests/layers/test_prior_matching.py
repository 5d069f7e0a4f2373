"""Prior matching: the adversary's step by finite differences, and learning."""

import keras
import numpy as np
import pytest

from keras_cmr.layers import PriorMatching
from tests.testing import gradient
from tests.testing import numpy
from tests.testing import run_config_test
from tests.testing import save_and_load

ROWS, DIM = 6, 3


def features(rows=ROWS, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, DIM)) * 2.0 + 1.0


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def scores_of(weights, rows):
    """The perceptron in float64: three kernels, then three biases."""
    for i in range(3):
        rows = rows @ weights[i] + weights[i + 3]
        if i < 2:
            rows = np.maximum(rows, 0.0)
    return rows[:, 0]


def softplus(x):
    return np.log1p(np.exp(x))


def weights_of(term):
    return [numpy(v).astype("float64") for v in (*term.kernels, *term.biases)]


def built(**kwargs):
    term = PriorMatching(units=(5, 4), seed=3, **kwargs)
    term(features().astype("float32"))
    return term


def test_value_by_numpy():
    term = built()
    x = features()
    expected = -np.mean(softplus(-scores_of(weights_of(term), sigmoid(x))))
    np.testing.assert_allclose(
        numpy(term.nats(x)), expected, rtol=1e-5, atol=1e-6
    )


def test_adversarys_step_is_its_gradient():
    term = built(optimizer=keras.optimizers.SGD(1.0))
    x = sigmoid(features())
    before = weights_of(term)
    prior = numpy(
        keras.random.uniform((ROWS, DIM), seed=keras.random.SeedGenerator(3))
    )

    def loss(weights):
        return np.mean(softplus(-scores_of(weights, prior))) + np.mean(
            softplus(scores_of(weights, x))
        )

    term(features().astype("float32"), training=True)
    for k, (old, new) in enumerate(zip(before, weights_of(term), strict=True)):
        slope = np.zeros_like(old)
        for index in np.ndindex(old.shape):
            ends = []
            for step in (1e-5, -1e-5):
                moved = [w.copy() for w in before]
                moved[k][index] += step
                ends.append(loss(moved))
            slope[index] = (ends[0] - ends[1]) / 2e-5
        np.testing.assert_allclose(old - new, slope, rtol=1e-3, atol=1e-5)


def test_features_get_the_gradient_of_their_own_loss_alone():
    term = built()
    x, weights = features(), weights_of(term)
    slope = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        ends = []
        for step in (1e-5, -1e-5):
            moved = x.copy()
            moved[index] += step
            ends.append(np.mean(softplus(-scores_of(weights, sigmoid(moved)))))
        slope[index] = (ends[0] - ends[1]) / 2e-5
    result = gradient(lambda x: -term.nats(x, training=True), x)
    np.testing.assert_allclose(result, slope, rtol=1e-3, atol=1e-5)


def test_outside_training_nothing_moves():
    term = built()
    before = weights_of(term)
    x = features().astype("float32")
    np.testing.assert_array_equal(numpy(term(x)), x)
    assert term.losses == []
    for old, new in zip(before, weights_of(term), strict=True):
        np.testing.assert_array_equal(old, new)


class Losses(keras.Model):
    """Trains by what its layers add."""

    def compute_loss(self, x, y, y_pred, sample_weight, training=True):
        return sum(self.losses)


def test_spreads_a_feature_over_the_cube():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((DIM,))
    embedded = keras.layers.Dense(DIM, kernel_initializer="identity")(inputs)
    term = PriorMatching(
        units=(32, 16), optimizer=keras.optimizers.Adam(5e-3), weight=1.0
    )
    model = Losses(inputs, term(embedded))
    model.compile(keras.optimizers.Adam(1e-3))
    x = 2.0 + np.random.default_rng(0).normal(size=(2048, DIM))
    x = x.astype("float32")

    def distance():
        """Of each coordinate from uniform: Kolmogorov-Smirnov, the worst."""
        values = np.sort(sigmoid(model.predict(x, verbose=0)), axis=0)
        even = (np.arange(len(values)) + 0.5) / len(values)
        return np.abs(values - even[:, None]).max()

    before = distance()
    model.fit(x, epochs=8, batch_size=64, verbose=0)
    # It circles, as adversaries do; without them it would not move at all.
    assert distance() < 0.8 * before


def test_config_and_saved_state(tmp_path):
    run_config_test(
        PriorMatching,
        {"on": ["text", "query"], "units": [4], "weight": 0.3, "seed": 2},
    )
    inputs = keras.Input((DIM,))
    term = PriorMatching(units=(5, 4))
    model = Losses(inputs, term(keras.layers.Dense(DIM)(inputs)))
    model.compile("sgd")
    x = features(64).astype("float32")
    model.fit(x, batch_size=16, verbose=0)
    assert int(numpy(term.optimizer.iterations)) == 4
    functional = keras.Model(inputs, model.output)
    loaded = save_and_load(functional, tmp_path / "model.keras").layers[-1]
    assert len(loaded.variables) == len(term.variables)
    for a, b in zip(term.variables, loaded.variables, strict=True):
        # Keras does not save the state of random draws.
        if "seed_generator" not in a.path:
            np.testing.assert_array_equal(numpy(a), numpy(b), err_msg=a.path)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_features(policy):
    term = PriorMatching(units=(5, 4), dtype=policy)
    for rows in (1, 8):
        term(features(rows).astype("float32"), training=True)
        assert np.isfinite(numpy(term.losses[0]))
    assert {v.dtype for v in term.kernels} == {"float32"}


def test_the_models_optimiser_never_sees_the_adversary():
    term = built()
    assert term.trainable_weights == []
    assert len(term.non_trainable_weights) > 6


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"on": "image"}, r"`on` must be .*Received: on=image"),
        ({"on": []}, r"`on` must be .*Received: on=\[\]"),
        ({"units": ()}, r"`units` must be .*Received: units=\(\)"),
        ({"units": (3, -1)}, r"`units` must be .*Received: units=\(3, -1\)"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        PriorMatching(**kwargs)


def test_maps_are_refused():
    with pytest.raises(ValueError, match=r"`first` must have the shape"):
        PriorMatching()(np.zeros((2, 3, 3, 4), "float32"))
