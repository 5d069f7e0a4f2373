from keras_cmr.datasets.css.generate import generate
from keras_cmr.datasets.css.read_original import read_original
from keras_cmr.datasets.css.write_original import write_original

__all__ = ["generate", "read_original", "write_original"]


def __dir__():
    return sorted(__all__)
