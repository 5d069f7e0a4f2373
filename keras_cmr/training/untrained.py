"""A run's model as it was before its first step."""

import keras

from keras_cmr.training.build_model import build_model


def untrained_model(config, benchmark):
    """The model that a config describes, with the weights it starts from.

    Args:
        config: `Config`. Its `seed` decides the weights, as in training.
        benchmark: `Benchmark`, whose training texts make the vocabulary.
    """
    keras.utils.set_random_seed(config.seed)
    return build_model(config, benchmark.train.vocabulary, steps_per_epoch=1)
