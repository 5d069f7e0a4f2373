"""Composed image retrieval on Keras 3."""

import importlib
from typing import TYPE_CHECKING

from keras_cmr.version import __version__

if TYPE_CHECKING:  # for type checkers and editors, which don't run the below
    from keras_cmr import callbacks as callbacks
    from keras_cmr import datasets as datasets
    from keras_cmr import evaluation as evaluation
    from keras_cmr import export as export
    from keras_cmr import layers as layers
    from keras_cmr import losses as losses
    from keras_cmr import metrics as metrics
    from keras_cmr import models as models
    from keras_cmr import photos as photos
    from keras_cmr import retrieval as retrieval
    from keras_cmr import visualization as visualization
    from keras_cmr.photos import search_folder as search_folder

_SUBMODULES = (
    "callbacks",
    "datasets",
    "evaluation",
    "export",
    "layers",
    "losses",
    "metrics",
    "models",
    "photos",
    "retrieval",
    "visualization",
)

__all__ = ["__version__", *_SUBMODULES, "search_folder"]


def __getattr__(name):
    # `keras-cmr --help` must not wait for TensorFlow.
    if name in _SUBMODULES:
        return importlib.import_module(f"keras_cmr.{name}")
    if name == "search_folder":
        return importlib.import_module("keras_cmr.photos").search_folder
    raise AttributeError(f"module 'keras_cmr' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
