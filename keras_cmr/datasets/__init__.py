import wrapt

from keras_cmr.datasets.hardness import HardNegatives
from keras_cmr.datasets.image_files import ImageFiles
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
