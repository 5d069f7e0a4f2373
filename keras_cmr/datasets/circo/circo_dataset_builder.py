"""CIRCO for TFDS."""

from keras_cmr.datasets.tfds_builder import BenchmarkBuilder


class Builder(BenchmarkBuilder):
    """CIRCO. It has no training split. See README.md."""

    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Get `annotations` from https://github.com/miccunifi/CIRCO, and from
    https://cocodataset.org/#download the unlabelled images of 2017 with
    their image info. The manual folder must hold
    `annotations/{val,test}.json`, `COCO2017_unlabeled/unlabeled2017/*.jpg` and
    `COCO2017_unlabeled/annotations/image_info_unlabeled2017.json`.
    """
    HOMEPAGE = "https://github.com/miccunifi/CIRCO"
