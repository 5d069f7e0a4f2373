"""The moving average of the weights, where the optimizer keeps one."""

import contextlib

import numpy as np
from keras import ops


@contextlib.contextmanager
def averaged_weights(model):
    """Within the block the weights are their moving averages.

    Afterwards they are to the last bit what they were: Keras'
    `SwapEMAWeights` swaps by adding and subtracting on TensorFlow, which
    rounds. Without `use_ema`, or before the first step, nothing changes.

    Args:
        model: `keras.Model`, or whatever has no optimizer.
    """
    pairs = [
        (weight, average)
        for optimizer in _single_optimizers(model)
        if optimizer.use_ema
        and optimizer.built
        and int(ops.convert_to_numpy(optimizer.iterations)) > 0
        for weight, average in zip(
            optimizer._trainable_variables,
            optimizer._model_variables_moving_average,
            strict=True,
        )
    ]
    before = [np.array(ops.convert_to_numpy(weight)) for weight, _ in pairs]
    try:
        for weight, average in pairs:
            weight.assign(average)
        yield
    finally:
        for (weight, _), value in zip(pairs, before, strict=True):
            weight.assign(value)


def _single_optimizers(model):
    """Those that hold averages: not the wrappers of Keras around them."""
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        return []
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    return getattr(optimizer, "optimizers", [optimizer])
