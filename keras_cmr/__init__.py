"""Composed image retrieval on Keras 3."""

import importlib

from keras_cmr.version import __version__

_SUBMODULES = (
    "callbacks",
    "datasets",
    "evaluation",
    "export",
    "layers",
    "losses",
    "metrics",
    "models",
    "retrieval",
    "visualization",
)

__all__ = ["__version__", *_SUBMODULES]


def __getattr__(name):
    # `keras-cmr --help` must not wait for TensorFlow.
    if name in _SUBMODULES:
        return importlib.import_module(f"keras_cmr.{name}")
    raise AttributeError(f"module 'keras_cmr' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
