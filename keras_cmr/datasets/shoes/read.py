"""Reading Shoes from its files."""

import os
from pathlib import Path

from keras_cmr.datasets.assemble import Parsed
from keras_cmr.datasets.assemble import assemble
from keras_cmr.datasets.image_folder import ImageFolder
from keras_cmr.datasets.image_folder import first_folder
from keras_cmr.datasets.rows import ImageRow
from keras_cmr.datasets.shoes.annotations import parse_names
from keras_cmr.datasets.shoes.annotations import parse_queries
from keras_cmr.datasets.tables import Benchmark

PROTOCOLS = ("shoes/kept", "shoes/removed")
_LISTS = {"train": "train_im_names.txt", "eval": "eval_im_names.txt"}


def read(
    data_dir: str | os.PathLike,
    image_size: int = 224,
    strict: bool = False,
    verify: bool = False,
    verbose: int = 1,
) -> Benchmark:
    """Shoes from a folder on disk.

    The folder holds `relative_captions_shoes.json`, `eval_im_names.txt`,
    `train_im_names.txt` (may be absent) and the images of the Attribute
    Discovery data, `womens_*/<number>/img_womens_*.jpg`, below
    `attributedata/`, below `images/`, or below itself, whichever exists
    first. An image is found by the name of its file.

    Args:
        data_dir: string or path. The folder.
        image_size: int. Height and width of the pixels, to which images are
            stretched. Defaults to `224`.
        strict: bool. If True, a missing image is an error; if False it is
            left out, counted and listed in `Split.missing`.
        verify: bool. If True, every image is decoded once.
        verbose: int. `0` hides progress bars.

    Returns:
        A `keras_cmr.datasets.Benchmark`: `train` and `test` (the split of
        `eval_im_names.txt`).
    """
    folder = Path(data_dir).expanduser()
    names = {
        split: parse_names(folder / file)
        for split, file in _LISTS.items()
        if split == "eval" or (folder / file).exists()
    }
    queries = parse_queries(folder / "relative_captions_shoes.json", names)
    files = ImageFolder(first_folder(folder, ("attributedata", "images")))
    places: dict[str, str] = {}
    for path in (*files, *files.outside):
        places.setdefault(path.rpartition("/")[2], path)
    parsed = {
        split: Parsed(
            split,
            [ImageRow(id=n, path=places.get(n, n)) for n in names[split]],
            queries[split],
        )
        for split in names
    }
    return assemble(
        "shoes",
        PROTOCOLS,
        files,
        image_size,
        train=parsed.get("train"),
        test=parsed["eval"],
        strict=strict,
        verify=verify,
        verbose=verbose,
    )
