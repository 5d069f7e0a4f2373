"""CSS for TFDS: generated, or from the original's files."""

from typing import ClassVar

from keras_cmr.datasets.css.views import VIEWS
from keras_cmr.datasets.tfds_builder import BenchmarkBuilder
from keras_cmr.datasets.tfds_builder import both_forms

_SOURCES = {
    "generated": "Made by keras_cmr, no files needed.",
    "original": "The files of Vo et al.",
}


class Builder(BenchmarkBuilder):
    """CSS. See README.md."""

    BUILDER_CONFIGS: ClassVar = [
        config
        for source, description in _SOURCES.items()
        for view in VIEWS
        for config in both_forms(
            f"{source}_{view.replace('-', '_')}",
            f"{description} View {view}.",
            manual=source == "original",
            reference_images=view == "2d-to-3d",
            arguments={"view": view},
        )
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Only the configs `original_*` need files. Get the dataset "CSS" by the
    link at https://github.com/google/tirg and put
    `css_toy_dataset_novel2_small.dup.npy` and the folder `images` into the
    manual folder.
    """
    HOMEPAGE = "https://github.com/google/tirg"
    ARGUMENTS: ClassVar = {}  # its reader always decodes every image
