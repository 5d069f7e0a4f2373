"""Reading MIT-States from its folders."""

import os
from pathlib import Path

from keras_cmr.datasets.drawn_split import build_drawn_split
from keras_cmr.datasets.image_folder import ImageFolder
from keras_cmr.datasets.mit_states.listing import parse
from keras_cmr.datasets.mit_states.sampler import AdjectiveSampler
from keras_cmr.datasets.rows import build_split
from keras_cmr.datasets.tables import Benchmark
from keras_cmr.picture_file import ENDINGS

PROTOCOLS = (
    "tirg/caption-match",
    "mit-states/adjective",
    "mit-states/noun",
)


def read(
    data_dir: str | os.PathLike,
    image_size: int = 224,
    strict: bool = False,
    verify: bool = False,
    verbose: int = 1,
    same_adjective: bool = False,
) -> Benchmark:
    """MIT-States from a folder on disk.

    The folder must hold `images/<adjective> <noun>/*.jpg`, with a blank or
    an underscore between the words. 49 nouns are the test split. Images of
    the same adjective and noun have the same content; both words are also
    attributes. The test queries are each image with each other adjective of
    its noun; training queries are drawn by `AdjectiveSampler`, and the table
    of the train split is what it draws in epoch 0 with seed 0. `kinds` is
    the target's adjective.

    Args:
        data_dir: string or path. The folder.
        image_size: int. Height and width of the pixels. Defaults to `224`.
        strict: bool. If True, a missing image is an error. The folders are
            the only list of images there is: what counts as missing is a
            link that leads out of them and, with `verify`, a broken file.
        verify: bool. If True, every file is decoded once, and one that can't
            be is treated as missing.
        verbose: int. `0` hides progress bars.
        same_adjective: bool. If True, training queries may ask for the
            adjective that the reference has, as in the reference code.
            Defaults to `False`.

    Returns:
        A `keras_cmr.datasets.Benchmark`.

    Reference:
    - [Isola et al., 2015](https://openaccess.thecvf.com/content_cvpr_2015/html/Isola_Discovering_States_and_2015_CVPR_paper.html)
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119), `datasets.py` of
      github.com/google/tirg
    """
    root = Path(data_dir).expanduser() / "images"
    if not root.is_dir():
        raise FileNotFoundError(
            f"There is no folder {root}. It must hold the images in folders "
            'that are named after their content, such as "ancient castle".'
        )
    folder = ImageFolder(root)
    listing = parse(sorted([*folder, *_links_out(folder)]))
    for rows, which in ((listing.train, "all but"), (listing.test, "one of")):
        if not rows:
            raise ValueError(
                f"{root} must hold images in folders that are named after an "
                f"adjective and {which} the 49 test nouns, such as "
                f'"ancient castle". Received: {len(folder)} images, none of '
                "them in such a folder"
            )
    how = {"strict": strict, "verify": verify, "verbose": verbose}
    train = build_drawn_split(
        "train",
        listing.train,
        lambda rows: AdjectiveSampler(
            [row.attributes["adjective"] for row in rows],
            [row.attributes["noun"] for row in rows],
            same_adjective,
        ),
        folder,
        image_size,
        kind="adjective",
        **how,
    )
    test = build_split(
        "test",
        listing.test,
        listing.queries,
        folder,
        image_size,
        vocabulary=train.vocabulary,
        **how,
    )
    return Benchmark("mit_states", train, test, PROTOCOLS)


def _links_out(folder: ImageFolder) -> list[str]:
    """Links to images or whole folders of them: each is a missing image."""
    links = []
    for link in folder.outside:
        if link.lower().endswith(ENDINGS):
            links.append(link)
        elif "/" not in link:
            links.append(f"{link}/")
    return links
