"""MIT-States for TFDS."""

from keras_cmr.datasets.mit_states.sampler import AdjectiveSampler
from keras_cmr.datasets.tfds_builder import BenchmarkBuilder


class Builder(BenchmarkBuilder):
    """MIT-States. See README.md."""

    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Get the images from
    http://web.mit.edu/phillipi/Public/states_and_transformations/. The manual
    folder must hold `images/<adjective> <noun>/*.jpg`.
    """
    HOMEPAGE = "http://web.mit.edu/phillipi/Public/states_and_transformations/"
    ATTRIBUTES = ("adjective", "noun")

    @staticmethod
    def make_sampler(images, arguments):
        return AdjectiveSampler(
            images.attributes["adjective"].tolist(),
            images.attributes["noun"].tolist(),
            arguments.get("same_adjective", False),
        )
