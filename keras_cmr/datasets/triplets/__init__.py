from keras_cmr.datasets.triplets.read import read
from keras_cmr.datasets.triplets.validate import validate

__all__ = ["read", "validate"]


def __dir__():
    return sorted(__all__)
