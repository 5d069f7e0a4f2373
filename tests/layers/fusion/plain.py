"""What layers of Keras do in inference, in NumPy, one row at a time or many."""

import keras
import numpy as np


def relu(x):
    return np.maximum(x, 0.0)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": relu,
    "tanh": np.tanh,
    "sigmoid": sigmoid,
}


def dense(layer, x):
    kernel, *bias = layer.get_weights()
    x = x @ kernel + (bias[0] if bias else 0.0)
    return ACTIVATIONS[layer.activation.__name__](x)


def batch_normalization(layer, x):
    gamma, beta, mean, variance = layer.get_weights()
    return gamma * (x - mean) / np.sqrt(variance + layer.epsilon) + beta


def layer_normalization(layer, x):
    gamma, beta = layer.get_weights()
    centred = x - x.mean(-1, keepdims=True)
    variance = (centred**2).mean(-1, keepdims=True)
    return gamma * centred / np.sqrt(variance + layer.epsilon) + beta


LAYERS = {
    keras.layers.Dense: dense,
    keras.layers.BatchNormalization: batch_normalization,
    keras.layers.LayerNormalization: layer_normalization,
    keras.layers.Dropout: lambda layer, x: x,
    keras.layers.ReLU: lambda layer, x: relu(x),
    keras.layers.LeakyReLU: lambda layer, x: np.where(x > 0, x, 0.01 * x),
}


def sequential(model, x):
    for layer in model.layers:
        x = LAYERS[type(layer)](layer, x)
    return x


def inputs(reference=(6,), modification=(4,), batch=5, seed=0):
    """Random `(reference, modification)` of the shapes of one row."""
    rng = np.random.default_rng(seed)
    return tuple(
        rng.normal(size=(batch, *shape)).astype("float32")
        for shape in (reference, modification)
    )


def randomize(layer, seed=1):
    """Weights off their initial zeros and ones; variances stay positive."""
    rng = np.random.default_rng(seed)
    layer.set_weights(
        [w + rng.uniform(0.1, 0.5, size=w.shape) for w in layer.get_weights()]
    )
