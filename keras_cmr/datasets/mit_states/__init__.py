from keras_cmr.datasets.mit_states.read import read
from keras_cmr.datasets.mit_states.sampler import AdjectiveSampler

__all__ = ["AdjectiveSampler", "read"]


def __dir__():
    return sorted(__all__)
