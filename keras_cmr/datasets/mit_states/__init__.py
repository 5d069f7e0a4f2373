from keras_cmr.datasets.mit_states.reader import read
from keras_cmr.datasets.mit_states.sampler import AdjectiveSampler

__all__ = ["AdjectiveSampler", "read"]
