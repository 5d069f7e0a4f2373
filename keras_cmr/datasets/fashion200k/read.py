"""Reading Fashion200k from its files."""

import os

from keras_cmr.datasets.drawn_split import build_drawn_split
from keras_cmr.datasets.fashion200k.annotations import parse
from keras_cmr.datasets.fashion200k.sampler import ParentCaptionSampler
from keras_cmr.datasets.image_folder import ImageFolder
from keras_cmr.datasets.rows import build_split
from keras_cmr.datasets.tables import Benchmark

PROTOCOLS = ("tirg/caption-match",)


def read(
    data_dir: str | os.PathLike,
    image_size: int = 224,
    strict: bool = False,
    verify: bool = False,
    verbose: int = 1,
) -> Benchmark:
    """Fashion200k, or photos of yours in its layout, from a folder on disk.

    The folder must hold `labels/*_{train,test}_detect_all.txt`, the images
    that they name, and `test_queries.txt`. Images with the same caption have
    the same content. The test queries are those of the file, with the text
    "replace A with B"; training queries are drawn by
    `ParentCaptionSampler`, and the table of the train split is what it draws
    in epoch 0 with seed 0. `kinds` is the category of the target, the
    beginning of the label file's name, which is also an attribute of the
    images; `seen` says that the target's caption occurs in training.

    Args:
        data_dir: string or path. The folder.
        image_size: int. Height and width of the pixels. Defaults to `224`.
        strict: bool. If True, a missing image is an error. If False it is
            left out, with the queries that need it, and counted.
        verify: bool. If True, every file is decoded once, and one that can't
            be is treated as missing.
        verbose: int. `0` hides progress bars.

    Returns:
        A `keras_cmr.datasets.Benchmark`.

    Reference:
    - [Han et al., 2017](https://arxiv.org/abs/1708.01311)
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119), `datasets.py` of
      github.com/google/tirg
    """
    folder = ImageFolder(data_dir)
    annotations = parse(data_dir)
    how = {"strict": strict, "verify": verify, "verbose": verbose}
    train = build_drawn_split(
        "train",
        annotations.train,
        lambda rows: ParentCaptionSampler([row.caption for row in rows]),
        folder,
        image_size,
        kind="category",
        **how,
    )
    test = build_split(
        "test",
        annotations.test,
        annotations.queries,
        folder,
        image_size,
        vocabulary=train.vocabulary,
        **how,
    )
    return Benchmark("fashion200k", train, test, PROTOCOLS)
