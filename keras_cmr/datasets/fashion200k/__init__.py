from keras_cmr.datasets.fashion200k.read import read
from keras_cmr.datasets.fashion200k.sampler import ParentCaptionSampler

__all__ = ["ParentCaptionSampler", "read"]


def __dir__():
    return sorted(__all__)
