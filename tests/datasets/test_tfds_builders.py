"""TFDS's own test of every builder, on the dummy data of its folder.

Of the configs `images` those are here that have a field of their own;
`test_tfds.py` reads all of them.
"""

# ruff: noqa: RUF012  the form that TFDS gives these classes

import pytest

tfds = pytest.importorskip(
    "tensorflow_datasets", reason="the extra `datasets` is not installed"
)

import keras_cmr.datasets  # noqa: E402, F401  registers the builders


class TestCSSTriplets(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = tfds.builder_cls("css")
    BUILDER_CONFIG_NAMES_TO_TEST = ["original_2d_to_3d_triplets"]
    SPLITS = {"train": 2, "test": 1}


class TestCSSImages(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = tfds.builder_cls("css")
    BUILDER_CONFIG_NAMES_TO_TEST = ["original_2d_to_3d_images"]
    SPLITS = {"train": 4, "test": 3}


class TestFashion200kTriplets(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = tfds.builder_cls("fashion200k")
    BUILDER_CONFIG_NAMES_TO_TEST = ["triplets"]
    SPLITS = {"train": 4, "test": 2}


class TestMITStatesTriplets(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = tfds.builder_cls("mit_states")
    BUILDER_CONFIG_NAMES_TO_TEST = ["triplets"]
    SPLITS = {"train": 3, "test": 3}


class TestMITStatesImages(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = tfds.builder_cls("mit_states")
    BUILDER_CONFIG_NAMES_TO_TEST = ["images"]
    SPLITS = {"train": 4, "test": 3}


class TestFashionIQTriplets(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = tfds.builder_cls("fashioniq")
    BUILDER_CONFIG_NAMES_TO_TEST = ["dress_triplets"]
    SPLITS = {"train": 1, "test": 1}


class TestCIRRTriplets(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = tfds.builder_cls("cirr")
    BUILDER_CONFIG_NAMES_TO_TEST = ["triplets"]
    SPLITS = {"train": 1, "test": 1}


class TestCIRRImages(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = tfds.builder_cls("cirr")
    BUILDER_CONFIG_NAMES_TO_TEST = ["images"]
    SPLITS = {"train": 6, "test": 7, "server": 6}


class TestCIRCOTriplets(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = tfds.builder_cls("circo")
    BUILDER_CONFIG_NAMES_TO_TEST = ["triplets"]
    SPLITS = {"test": 1}


class TestShoesTriplets(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = tfds.builder_cls("shoes")
    BUILDER_CONFIG_NAMES_TO_TEST = ["triplets"]
    SPLITS = {"train": 2, "test": 1}


class TestTripletsTriplets(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = tfds.builder_cls("triplets")
    BUILDER_CONFIG_NAMES_TO_TEST = ["triplets"]
    SPLITS = {"train": 2, "test": 1}
