"""What every layer and every loss of the package has to stand."""

import functools
import json
import warnings

import keras
import numpy as np
from keras import ops

from tests.gradients import once
from tests.gradients import zero_gradient_weights


def numpy(x):
    return ops.convert_to_numpy(ops.cast(x, "float32"))


def gradient(function, x):
    """The gradient of a scalar function of one float32 array."""
    x = np.asarray(x, "float32")
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        x = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(x)
        return tape.gradient(value, x).numpy()
    if keras.config.backend() == "jax":
        import jax

        return np.asarray(jax.grad(function)(x))
    import torch

    x = torch.tensor(x, requires_grad=True)
    function(x).backward()
    return x.grad.numpy()


def save_and_load(model, path):
    with warnings.catch_warnings():
        # Keras hands TensorFlow variables to NumPy 2, which complains.
        warnings.filterwarnings("ignore", message="__array__ implementation")
        model.save(path)
        return keras.models.load_model(path)


def run_config_test(cls, init_kwargs):
    """`get_config` is JSON, complete, and survives both ways of reviving."""
    instance = cls(**init_kwargs)
    config = instance.get_config()
    json.dumps(config)
    for name in init_kwargs:
        assert hasattr(instance, name) and name in config, name
    assert cls.from_config(config).get_config() == config
    serialized = keras.saving.serialize_keras_object(instance)
    revived = keras.saving.deserialize_keras_object(serialized)
    assert type(revived) is cls
    assert revived.get_config() == config
    return instance


def curved(output):
    """A scalar function of a layer's output that nothing cancels in."""
    output = ops.cast(output, "float32")
    offsets = ops.arange(output.shape[-1] if len(output.shape) else 1)
    return ops.mean(ops.sin(output + ops.cast(offsets, "float32")))


class Probe(keras.Model):
    """Trains a layer on a curved function of its output, and its losses."""

    def compute_loss(self, x, y, y_pred, sample_weight, training=True):
        return curved(y_pred) + sum(self.losses)


def functional(model_class, layer, inputs):
    symbolic = [keras.Input(x.shape[1:], dtype=str(x.dtype)) for x in inputs]
    return model_class(inputs=symbolic, outputs=layer(*symbolic))


def run_layer_test(
    layer_class,
    init_kwargs,
    inputs,
    expected_shape,
    tmp_path,
    without_gradient=(),
):
    """Config, shapes, `.keras`, precision, one row, gradients, one step.

    Args:
        layer_class: class of the layer.
        init_kwargs: dict. Its arguments.
        inputs: tuple of float32 arrays, the positional arguments of the call,
            of a batch size that no other axis has.
        expected_shape: tuple. Shape of the output for these inputs.
        tmp_path: Folder to save into.
        without_gradient: Paths, below the layer, of the trainable weights
            that training does not reach. Say why beside each.
    """
    layer = run_config_test(layer_class, init_kwargs)
    batch = len(inputs[0])
    model = functional(keras.Model, layer, inputs)
    output = once(lambda: model(list(inputs)))
    assert tuple(output.shape) == expected_shape
    open_shape = tuple(None if n == batch else n for n in expected_shape)
    assert tuple(model.output.shape) == open_shape
    dtype = keras.backend.standardize_dtype(output.dtype)
    assert model.output.dtype == dtype

    loaded = save_and_load(model, tmp_path / f"{layer.name}.keras")
    again = once(lambda: loaded(list(inputs)))
    np.testing.assert_array_equal(numpy(again), numpy(output))

    for policy in ("mixed_float16", "mixed_bfloat16"):
        mixed = layer_class(**init_kwargs, dtype=policy)
        half = functional(keras.Model, mixed, inputs)
        output = once(functools.partial(half, list(inputs)))
        assert np.isfinite(numpy(output)).all()
        assert {v.dtype for v in mixed.trainable_variables} <= {"float32"}

    trained = layer_class(**init_kwargs)
    probe = functional(Probe, trained, inputs)
    row = [x[:1] for x in inputs]
    alone = once(lambda: trained(*row, training=True))
    assert np.isfinite(numpy(alone)).all()
    untouched = zero_gradient_weights(
        trained,
        lambda: curved(trained(*inputs, training=True)) + sum(trained.losses),
    )
    assert untouched == sorted(without_gradient)

    probe.compile(optimizer=keras.optimizers.SGD(0.1))
    before = [numpy(v) for v in probe.trainable_variables]
    history = probe.fit(list(inputs), batch_size=batch, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    for old, variable in zip(before, probe.trainable_variables, strict=True):
        path = variable.path.removeprefix(f"{trained.name}/")
        assert path in untouched or (numpy(variable) != old).any(), path


@keras.saving.register_keras_serializable(package="keras_cmr_tests")
class Table(keras.layers.Layer):
    """Returns its weight: a model whose predictions are free."""

    def __init__(self, values, **kwargs):
        super().__init__(**kwargs)
        self.values = np.asarray(values).tolist()
        self.table = self.add_weight(shape=np.shape(values), name="table")
        self.table.assign(values)
        self.built = True

    def call(self, inputs):
        return self.table + 0.0 * ops.sum(inputs)

    def get_config(self):
        return {**super().get_config(), "values": self.values}


def run_loss_test(loss_class, init_kwargs, y_true, y_pred, tmp_path):
    """Config, half precision, and a compiled model that learns and reloads."""
    loss = run_config_test(loss_class, init_kwargs)
    value = numpy(loss(y_true, y_pred))
    assert value.shape == ()
    for dtype in ("float16", "bfloat16"):
        half = loss(y_true, ops.cast(y_pred, dtype))
        assert keras.backend.standardize_dtype(half.dtype) == "float32"
        np.testing.assert_allclose(numpy(half), value, rtol=0.05, atol=0.05)

    inputs = keras.Input((1,))
    model = keras.Model(inputs, Table(y_pred)(inputs))
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss)
    x, how = np.zeros((len(y_pred), 1)), {"batch_size": 64, "verbose": 0}
    history = model.fit(x, y_true, epochs=8, shuffle=False, **how).history
    np.testing.assert_allclose(history["loss"][0], value, rtol=1e-4, atol=1e-6)
    assert history["loss"][-1] < history["loss"][0]
    loaded = save_and_load(model, tmp_path / f"{loss.name}.keras")
    assert loaded.loss.get_config() == loss.get_config()
    values = [m.evaluate(x, y_true, **how) for m in (model, loaded)]
    np.testing.assert_allclose(*values, rtol=1e-6)
