"""Benchmarks and your own data: from files to tables to batches."""

import importlib

import wrapt

from keras_cmr.datasets.hardness import HardNegatives
from keras_cmr.datasets.image_files import ImageFiles
from keras_cmr.datasets.load import READERS as _READERS
from keras_cmr.datasets.load import load
from keras_cmr.datasets.read_tfds import read_tfds
from keras_cmr.datasets.sampler import Sampler
from keras_cmr.datasets.tables import Benchmark
from keras_cmr.datasets.tables import Images
from keras_cmr.datasets.tables import Queries
from keras_cmr.datasets.tables import Split

# TFDS is optional and slow to import: it hears of our builders when somebody
# imports it, or now if that has happened.
wrapt.register_post_import_hook(
    "keras_cmr.datasets.tfds_registration:register", "tensorflow_datasets"
)

__all__ = [
    "Benchmark",
    "HardNegatives",
    "ImageFiles",
    "Images",
    "Queries",
    "Sampler",
    "Split",
    "load",
    "read_tfds",
]


def __getattr__(name):
    # `keras_cmr.datasets.cirr.read` without an import of its own.
    if name in _READERS:
        return importlib.import_module(f"keras_cmr.datasets.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*__all__, "css", *_READERS])
