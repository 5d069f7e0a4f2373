"""A run's model as it was before its first step."""

import keras

from keras_cmr.training.build_model import build_model
from keras_cmr.training.start_from import find_start


def untrained_model(config, benchmark):
    """The model that a config describes, with the weights it starts from.

    Args:
        config: `Config`. Its `seed` decides the weights, as in training.
        benchmark: `Benchmark`, whose training texts make the vocabulary.
    """
    start = find_start(config)
    keras.utils.set_random_seed(config.seed)
    model = build_model(config, benchmark.train.vocabulary, steps_per_epoch=1)
    if start is not None:
        start.give(model)
    return model
