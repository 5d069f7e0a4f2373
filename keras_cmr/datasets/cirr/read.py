"""Reading CIRR from its files."""

import os
from pathlib import Path

from keras_cmr.datasets.assemble import assemble
from keras_cmr.datasets.cirr.annotations import captions_path
from keras_cmr.datasets.cirr.annotations import parse
from keras_cmr.datasets.image_folder import ImageFolder
from keras_cmr.datasets.image_folder import first_folder
from keras_cmr.datasets.tables import Benchmark

PROTOCOLS = ("cirr/val", "cirr/subset")


def read(
    data_dir: str | os.PathLike,
    image_size: int = 224,
    strict: bool = False,
    verify: bool = False,
    verbose: int = 1,
) -> Benchmark:
    """CIRR, version rc2, from a folder on disk.

    The folder holds `captions/cap.rc2.{split}.json` and
    `image_splits/split.rc2.{split}.json`, itself or in its folder `cirr`,
    and the images under the paths of the split files (`train/34/...png`,
    `dev/...png`, `test1/...png`) below `img_raw/`, below `images/`, or below
    itself, whichever exists first. The captions of `train` and `test1` may be
    absent.

    Args:
        data_dir: string or path. The folder.
        image_size: int. Height and width of the pixels, to which images are
            stretched. Defaults to `224`.
        strict: bool. If True, a missing image is an error; if False it is
            left out, counted and listed in `Split.missing`.
        verify: bool. If True, every image is decoded once.
        verbose: int. `0` hides progress bars.

    Returns:
        A `keras_cmr.datasets.Benchmark`: `train`, `test` (the organisers'
        `val` split) and `server` (their `test1` split, without targets).
        `queries.ids` are the `pairid`s as text; `queries.subsets` the other
        members of each image set.
    """
    folder = Path(data_dir).expanduser()
    nested = folder / "cirr"
    annotations = nested if (nested / "captions").is_dir() else folder

    def parsed_if_there(split):
        there = captions_path(annotations, split).exists()
        return parse(annotations, split) if there else None

    return assemble(
        "cirr",
        PROTOCOLS,
        ImageFolder(first_folder(folder, ("img_raw", "images"))),
        image_size,
        train=parsed_if_there("train"),
        test=parse(annotations, "val"),
        server=parsed_if_there("test1"),
        strict=strict,
        verify=verify,
        verbose=verbose,
    )
