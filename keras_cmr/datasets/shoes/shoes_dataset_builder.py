"""Shoes for TFDS."""

from keras_cmr.datasets.tfds_builder import BenchmarkBuilder


class Builder(BenchmarkBuilder):
    """Shoes. See README.md."""

    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Get `relative_captions_shoes.json` and `{train,eval}_im_names.txt` from
    https://github.com/XiaoxiaoGuo/fashion-retrieval, and the photos of the
    Attribute Discovery Dataset (Berg et al., 2010) as said there. The manual
    folder must hold these files and
    `attributedata/womens_*/<number>/img_womens_*.jpg`.
    """
    HOMEPAGE = "https://github.com/XiaoxiaoGuo/fashion-retrieval"
