"""Gradients on any backend, and which weights a loss does not reach."""

import keras
import numpy as np
from keras import ops


def zero_gradient_weights(layer, loss, tolerance=1e-5):
    """Paths of the trainable weights that a loss leaves where they are.

    Args:
        layer: Built layer or model.
        loss: Function of no argument that calls it and returns a scalar.
        tolerance: float. Gradients below this share of the largest count as
            zero: what cancels in theory leaves round-off.

    Returns:
        Sorted list of paths below the layer, such as `"gate/dense/bias"`.
    """
    weights = layer.trainable_weights
    sizes = [
        0.0 if gradient is None else float(np.abs(gradient).max())
        for gradient in _gradients(weights, loss)
    ]
    assert np.isfinite(sizes).all()
    limit = tolerance * max(sizes, default=0.0)
    return sorted(
        weight.path.removeprefix(f"{layer.name}/")
        for weight, size in zip(weights, sizes, strict=True)
        if size <= limit
    )


def once(function):
    """`function()`, on JAX as one program and without its updates of state.

    Op by op, JAX would compile each of them. The layers must be built.
    """
    if keras.config.backend() != "jax":
        return function()
    import jax

    def stateless():
        with keras.StatelessScope():
            return function()

    return jax.jit(stateless)()


def _gradients(weights, loss):
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = loss()
        gradients = tape.gradient(value, [w.value for w in weights])
        return [g if g is None else tf.convert_to_tensor(g) for g in gradients]
    if keras.config.backend() == "jax":
        import jax

        def stateless(values):
            pairs = list(zip(weights, values, strict=True))
            with keras.StatelessScope(pairs, collect_losses=True):
                return loss()

        return jax.jit(jax.grad(stateless))([w.value for w in weights])
    for weight in weights:
        weight.value.grad = None
    loss().backward()
    gradients = [weight.value.grad for weight in weights]
    return [g if g is None else ops.convert_to_numpy(g) for g in gradients]
