"""CIRR for TFDS."""

from keras_cmr.datasets.tfds_builder import BenchmarkBuilder


class Builder(BenchmarkBuilder):
    """CIRR, version rc2. See README.md."""

    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Get the annotations from https://github.com/Cuberick-Orion/CIRR and the
    images as said there. The manual folder must hold
    `captions/cap.rc2.*.json`, `image_splits/split.rc2.*.json`, itself or in a
    folder `cirr`, and `img_raw/{train,dev,test1}/...`.
    """
    HOMEPAGE = "https://github.com/Cuberick-Orion/CIRR"
