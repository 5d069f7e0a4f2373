"""CSS for TFDS: generated, or from the original's files."""

import os

import tensorflow_datasets as tfds

from keras_cmr.datasets.css.generate import generate
from keras_cmr.datasets.css.read_original import read_original
from keras_cmr.datasets.tfds_builder import BenchmarkBuilder
from keras_cmr.datasets.tfds_builder import both_forms


class Builder(BenchmarkBuilder):
    """`generated_*` needs no files and takes the arguments of `generate`;
    `original_*` reads the manual folder.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First version."}
    BUILDER_CONFIGS = [
        *both_forms("generated", "Drawn by keras_cmr, no files needed."),
        *both_forms("original", "The files of Vo et al., 64 pixels."),
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Only the configs `original_*` need files. Get the dataset "CSS" from the
    page of TIRG, https://github.com/google/tirg, and put
    `css_toy_dataset_novel2_small.dup.npy` and the folder `images` into the
    manual folder.
    """
    HOMEPAGE = "https://github.com/google/tirg"

    def read(self, dl_manager):
        config = self.builder_config
        if config.name.startswith("original"):
            return read_original(
                os.fspath(dl_manager.manual_dir), **config.arguments
            )
        return generate(**config.arguments)
