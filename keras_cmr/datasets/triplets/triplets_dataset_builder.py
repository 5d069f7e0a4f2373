"""Your own images and triplets for TFDS."""

from keras_cmr.datasets.tfds_builder import BenchmarkBuilder


class Builder(BenchmarkBuilder):
    """Own data. See README.md."""

    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    The manual folder is your own: `images/` and `train.jsonl`, `test.jsonl`
    and, if you like, `val.jsonl`, or `.csv`, or one `triplets.jsonl` or
    `triplets.csv`. The README.md in `keras_cmr/datasets/triplets` says what
    stands in them.
    """
