from keras_cmr.datasets.shoes.read import read

__all__ = ["read"]


def __dir__():
    return sorted(__all__)
