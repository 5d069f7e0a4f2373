"""Rates, groups and averages, by hand-computed numbers."""

import types

import keras
import numpy as np
import pytest

from keras_cmr import layers
from keras_cmr import losses
from keras_cmr import models
from keras_cmr.config import Config
from keras_cmr.training.averaging import averaged_weights
from keras_cmr.training.optimizer import optimizer
from tests.models import tiny

X = np.array([[1.0], [2.0]], "float32")


def rates(steps, **settings):
    made = optimizer(Config(epochs=4, **settings), 10, None)
    made.build([])
    found = []
    for step in steps:
        made.iterations.assign(step)
        found.append(float(made.learning_rate))
    return found


def test_schedules():
    assert rates([0, 39], schedule="constant", learning_rate=0.5) == [0.5] * 2
    step = {"schedule": "step", "decay_epochs": 2, "decay_rate": 0.1}
    assert rates([0, 19, 20, 39], learning_rate=1.0, **step) == pytest.approx(
        [1.0, 1.0, 0.1, 0.1]
    )
    # Ten steps up, then half a cosine over the other thirty.
    cosine = rates([5, 10, 25, 40], learning_rate=1.0, warmup_steps=10)
    assert cosine == pytest.approx([0.5, 1.0, 0.5, 0.0], abs=1e-6)


def two_layers():
    """y = head * body * x, with weights 2 and 3."""
    body = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, use_bias=False, name="body")]
    )
    head = keras.layers.Dense(1, use_bias=False, name="head")
    model = keras.Sequential([keras.Input((1,)), body, head])
    body.layers[0].kernel.assign([[3.0]])
    head.kernel.assign([[2.0]])
    encoders = types.SimpleNamespace(
        image_encoder=types.SimpleNamespace(backbone=body),
        text_encoder=object(),
        trainable_weights=model.trainable_weights,
    )
    return model, encoders


def trained(epochs=1, **settings):
    model, encoders = two_layers()
    config = Config(schedule="constant", **settings)
    model.compile(optimizer(config, 1, encoders), "mse")
    model.fit(X, 0 * X, batch_size=2, epochs=epochs, verbose=0, shuffle=False)
    return model


def weights(model):
    return [value.item() for value in model.get_weights()]


def test_the_body_learns_at_its_own_rate():
    rate = {"learning_rate": 1e-3, "backbone_learning_rate": 1e-4}
    model = trained(optimizer="rmsprop", **rate)
    # RMSprop's first step is rate / sqrt(1 - rho), whatever the gradient.
    assert weights(model) == pytest.approx(
        [3 - 1e-4 * 10**0.5, 2 - 1e-3 * 10**0.5], rel=1e-5
    )


def test_a_saved_model_keeps_both_rates(tmp_path):
    model = models.ComposedRetriever(
        tiny.image_encoder(), tiny.text_encoder(), fusion=layers.TIRG()
    )
    config = Config(backbone_learning_rate=1e-4, ema_momentum=0.9)
    model.compile(optimizer(config, 5, model), losses.BatchSoftmax())
    model.optimizer.build(model.trainable_variables)
    for number, variable in enumerate(model.optimizer.variables):
        variable.assign(variable + number)
    body = model.optimizer.optimizers[0]
    # Adam: iterations, an average and two moments a weight.
    weights = model.image_encoder.backbone.trainable_weights
    assert len(body.variables) == 1 + 3 * len(weights)
    model.save(tmp_path / "model.keras")
    loaded = models.load(tmp_path / "model.keras")
    for one, other in zip(
        [*loaded.weights, *loaded.optimizer.variables],
        [*model.weights, *model.optimizer.variables],
        strict=True,
    ):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other)
        )


def test_the_average_is_what_remains():
    plain = weights(trained(learning_rate=1e-2, optimizer="sgd"))
    twice = weights(trained(2, learning_rate=1e-2, optimizer="sgd"))
    model = trained(2, learning_rate=1e-2, optimizer="sgd", ema_momentum=0.75)
    # The first average is the first step's weights.
    wanted = [0.75 * a + 0.25 * b for a, b in zip(plain, twice, strict=True)]
    assert weights(model) == pytest.approx(wanted, rel=1e-6)


def test_averages_within_the_block_alone():
    seen = []

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            before = weights(self.model)
            with averaged_weights(self.model):
                seen.append(weights(self.model))
            assert weights(self.model) == before != seen[-1]

    model, encoders = two_layers()
    config = Config(
        schedule="constant",
        learning_rate=1e-2,
        backbone_learning_rate=1e-3,
        ema_momentum=0.9,
    )
    model.compile(optimizer(config, 1, encoders), "mse")
    with averaged_weights(model):  # no step yet
        assert weights(model) == [3, 2]
    model.fit(X, 0 * X, batch_size=1, epochs=2, callbacks=[Look()], verbose=0)
    # Groups of rates average each on their own.
    assert weights(model) == seen[-1]


@pytest.mark.parametrize("name", ["foo", "MultiOptimizer"])
def test_unknown_optimizer(name):
    with pytest.raises(ValueError, match=f"`optimizer` must .*={name!r}"):
        optimizer(Config(optimizer=name), 1, None)


def test_no_body():
    encoders = types.SimpleNamespace(
        image_encoder=object(), text_encoder=object(), trainable_weights=[]
    )
    with pytest.raises(ValueError, match="needs an encoder with a trainable"):
        optimizer(Config(backbone_learning_rate=1e-4), 1, encoders)
