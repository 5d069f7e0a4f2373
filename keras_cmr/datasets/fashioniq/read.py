"""Reading FashionIQ from its files."""

import os
from pathlib import Path

from keras_cmr.datasets.assemble import assemble
from keras_cmr.datasets.fashioniq.annotations import captions_path
from keras_cmr.datasets.fashioniq.annotations import parse
from keras_cmr.datasets.fashioniq.annotations import read_spelling
from keras_cmr.datasets.fashioniq.captions import RULES
from keras_cmr.datasets.image_folder import ImageFolder
from keras_cmr.datasets.tables import Benchmark

CATEGORIES = ("dress", "shirt", "toptee")
PROTOCOLS = (
    "fashioniq/original-kept",
    "fashioniq/original-removed",
    "fashioniq/val-union-kept",
    "fashioniq/val-union-removed",
)
# Names seen in public code; the first that exists is taken.
_IMAGE_FOLDERS = ("images", "resized_images", "resized_image", "image_data")


def read(
    data_dir: str | os.PathLike,
    category: str = "dress",
    captions: str = "joined",
    image_size: int = 224,
    correct_spelling: bool = False,
    strict: bool = False,
    verify: bool = False,
    verbose: int = 1,
) -> Benchmark:
    """FashionIQ, one category of it, from a folder on disk.

    The folder holds `captions/cap.{category}.{split}.json`,
    `image_splits/split.{category}.{split}.json` and the images as
    `images/<asin>.jpg` or `.png` (also in `resized_images`, `resized_image`
    or `image_data`, and there in a folder of the category). The files of the
    `train` and `test` splits may be absent.

    Args:
        data_dir: string or path. The folder.
        category: string. `"dress"`, `"shirt"` or `"toptee"`.
        captions: string. What becomes of the two captions of an item:
            `"joined"` to one text as CLIP4Cir does, `"both-orders"` (two
            queries, as CoSMo) or `"separate"` (each its own query, as VAL).
            A caption without a word is left out, and the other is the text.
        image_size: int. Height and width of the pixels, to which images are
            stretched. Defaults to `224`.
        correct_spelling: bool. Whether to apply
            `correction_dict_{category}.json`, from `captions/` or
            `correction_dict/`; it also drops punctuation and capitals.
        strict: bool. If True, a missing image is an error; if False it is
            left out, counted and listed in `Split.missing`.
        verify: bool. If True, every image is decoded once.
        verbose: int. `0` hides progress bars.

    Returns:
        A `keras_cmr.datasets.Benchmark`: `train`, `test` (the organisers'
        `val` split) and `server` (their `test` split, without targets).
    """
    for name, value, values in (
        ("category", category, CATEGORIES),
        ("captions", captions, tuple(RULES)),
    ):
        if value not in values:
            raise ValueError(
                f"`{name}` must be one of {', '.join(map(repr, values))}. "
                f"Received: {name}={value!r}"
            )
    folder = Path(data_dir).expanduser()
    spelling = read_spelling(folder, category) if correct_spelling else None
    root, prefix = _image_folder(folder, category)

    def parsed(split):
        return parse(folder, category, split, RULES[captions], spelling, prefix)

    def parsed_if_there(split):
        there = captions_path(folder, category, split).exists()
        return parsed(split) if there else None

    return assemble(
        "fashioniq",
        PROTOCOLS,
        ImageFolder(root),
        image_size,
        train=parsed_if_there("train"),
        test=parsed("val"),
        server=parsed_if_there("test"),
        strict=strict,
        verify=verify,
        verbose=verbose,
    )


def _image_folder(folder, category):
    """The folder of the images and what stands before their names in it."""
    for name in _IMAGE_FOLDERS:
        root = folder / name
        if (root / category).is_dir():
            return root, f"{category}/"
        if root.is_dir():
            return root, ""
    raise FileNotFoundError(
        f"`data_dir` must hold the images in one of the folders "
        f"{', '.join(_IMAGE_FOLDERS)}. There is none in {folder}."
    )
