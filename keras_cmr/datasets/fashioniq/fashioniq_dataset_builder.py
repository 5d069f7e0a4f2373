"""FashionIQ for TFDS."""

from typing import ClassVar

from keras_cmr.datasets.fashioniq.read import CATEGORIES
from keras_cmr.datasets.tfds_builder import BenchmarkBuilder
from keras_cmr.datasets.tfds_builder import both_forms


class Builder(BenchmarkBuilder):
    """FashionIQ, its two captions joined to one text. See README.md."""

    BUILDER_CONFIGS: ClassVar = [
        config
        for category in CATEGORIES
        for config in both_forms(
            category,
            f"The category {category}.",
            arguments={"category": category},
        )
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Get `captions` and `image_splits` from
    https://github.com/XiaoxiaoGuo/fashion-iq, and the images by the links
    there. The manual folder must hold these two folders and
    `images/<asin>.jpg` or `.png`.
    """
    HOMEPAGE = "https://github.com/XiaoxiaoGuo/fashion-iq"
