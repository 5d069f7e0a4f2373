from keras_cmr.datasets.circo.read import read

__all__ = ["read"]


def __dir__():
    return sorted(__all__)
