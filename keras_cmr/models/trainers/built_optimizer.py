"""An optimizer that is made before the first step."""

import contextlib

import keras


def build_optimizer(model):
    """Makes what the optimizer keeps of each weight, if it is not there.

    It lies where the weights lie: on all devices of the model's strategy.

    Args:
        model: `keras.Model`, built and compiled.
    """
    if model.optimizer.built:
        return
    scope = contextlib.nullcontext()
    if keras.config.backend() == "tensorflow":
        scope = model.distribute_strategy.scope()
    with scope:
        model.optimizer.build(model.trainable_variables)
