from keras_cmr.datasets.image_files import ImageFiles
from keras_cmr.datasets.load import load
from keras_cmr.datasets.sampler import Sampler
from keras_cmr.datasets.tables import Benchmark
from keras_cmr.datasets.tables import Images
from keras_cmr.datasets.tables import Queries
from keras_cmr.datasets.tables import Split

__all__ = [
    "Benchmark",
    "ImageFiles",
    "Images",
    "Queries",
    "Sampler",
    "Split",
    "load",
]
