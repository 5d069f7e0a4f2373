"""Fashion200k for TFDS."""

from keras_cmr.datasets.fashion200k.sampler import ParentCaptionSampler
from keras_cmr.datasets.tfds_builder import BenchmarkBuilder


class Builder(BenchmarkBuilder):
    """Fashion200k. See README.md."""

    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Get the labels and photos by the links at
    https://github.com/xthan/fashion-200k and `test_queries.txt` by those at
    https://github.com/google/tirg. The manual folder must hold
    `labels/*_{train,test}_detect_all.txt`, `women/<type>/.../*.jpeg` and
    `test_queries.txt`.
    """
    HOMEPAGE = "https://github.com/xthan/fashion-200k"
    ATTRIBUTES = ("category",)

    @staticmethod
    def make_sampler(images, arguments):
        return ParentCaptionSampler(images.captions.tolist())
