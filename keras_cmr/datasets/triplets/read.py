"""Own data: a folder of images and tables of triplets to a benchmark."""

import os
import warnings

from keras_cmr.datasets.image_files import ImageFiles
from keras_cmr.datasets.rows import ImageRow
from keras_cmr.datasets.rows import QueryRow
from keras_cmr.datasets.rows import build_split
from keras_cmr.datasets.tables import Benchmark
from keras_cmr.datasets.triplets.faults import stop_at_first
from keras_cmr.datasets.triplets.survey import Survey
from keras_cmr.datasets.triplets.survey import survey
from keras_cmr.datasets.triplets.unreadable import check_pictures
from keras_cmr.words import distinct_words

GALLERIES = ("unseen", "all")


def read(
    data_dir: str | os.PathLike,
    table: str | os.PathLike | None = None,
    image_size: int = 224,
    test_share: float = 0.2,
    seed: int = 0,
    gallery: str = "unseen",
    strict: bool = False,
    verify: bool = False,
    verbose: int = 1,
) -> Benchmark:
    """Your own images and triplets as a benchmark.

    The folder holds `images/`, with folders in it as you like, and
    `train.jsonl`, `test.jsonl` and, to choose a model by, `val.jsonl`, or
    `.csv`; or one `triplets.jsonl` or `triplets.csv` that is divided here.
    The formats, with examples to copy,
    are in `keras_cmr/datasets/triplets/README.md`. Any flaw in a table is an
    error that names file and line; `validate` lists all of them at once.

    Args:
        data_dir: string or path. The folder.
        table: string or path, relative to `data_dir`. One table of all
            splits under a name of your own. Defaults to `None`.
        image_size: int. Height and width of the pixels.
        test_share: float. For one table without a column `split`: at most
            this share of its queries go to the test split. Queries that
            share an image stay together, so no image is in both.
        seed: int. For the same: which queries they are.
        gallery: `"unseen"` or `"all"`. The images among which the queries to
            test and to validate search: all in `images/` but those of the
            training queries, or these too. Training images with the label of
            a target are never among them. Defaults to `"unseen"`.
        strict: bool. If True, an image that is missing (or, with `verify`,
            unreadable) is an error; if False, it is left out with a warning.
        verify: bool. If True, every file is decoded once.
        verbose: int. `0` hides progress bars.

    Returns:
        A `keras_cmr.datasets.Benchmark`. Its `train` is `None` if there is
        a test table alone, its `val` if no row is for validation.

    Raises:
        FileNotFoundError: Naming the file or folder that is missing.
        ValueError: For the first fault, with file and line.

    Example:

    ```python
    import pathlib

    import numpy as np
    from PIL import Image

    import keras_cmr

    pathlib.Path("shop/images").mkdir(parents=True)
    for name in "abcdef":
        pixels = np.full((8, 8, 3), 40 * (ord(name) - 97), "uint8")
        Image.fromarray(pixels).save(f"shop/images/{name}.png")
    pathlib.Path("shop/triplets.csv").write_text(
        "reference,modification,target\\n"
        "a.png,brighter,b.png\\nc.png,brighter,d.png\\ne.png,lighter,f.png\\n"
    )
    shop = keras_cmr.datasets.load("triplets", data_dir="shop")
    len(shop.train.queries), len(shop.test.queries)    # (2, 1)
    ```
    """
    if gallery not in GALLERIES:
        raise ValueError(
            f"`gallery` must be one of {', '.join(map(repr, GALLERIES))}. "
            f"Received: gallery={gallery!r}"
        )
    ImageFiles((), image_size)  # refuses a wrong size before the work
    report = stop_at_first(strict)
    found = survey(data_dir, table, test_share, seed, report)
    if strict and verify:
        check_pictures(found, report, verbose)
        verify = False
    test = found.of("test")
    if found.divided and len(test) < test_share * len(found.triplets) / 2:
        warnings.warn(
            f"{found.tables[0]}: {len(test):,} of {len(found.triplets):,} "
            f"queries are for testing, where test_share={test_share} was "
            "wanted: most queries hang together through the images they "
            "share. A column `split` overrules the division.",
            stacklevel=2,
        )
    return _benchmark(found, gallery, image_size, strict, verify, verbose)


def _benchmark(found, gallery, image_size, strict, verify, verbose):
    train = found.of("train")
    vocabulary = distinct_words(row.modification for row in train)
    images = {"train": sorted(_images_of(train))} | {
        name: gallery_names(found, gallery, name) for name in ("val", "test")
    }
    labels = {
        target: row.label for row in found.triplets for target in row.targets
    }
    splits = {
        name: build_split(
            name,
            [_image_row(image, found, labels) for image in images[name]],
            [_query_row(row) for row in found.of(name)],
            found.folder,
            image_size,
            vocabulary=vocabulary,
            strict=strict,
            verify=verify,
            verbose=verbose,
        )
        for name in found.splits
    }
    labelled = any(labels.values())
    return Benchmark(
        name="triplets",
        train=splits.get("train"),
        val=splits.get("val"),
        test=splits["test"],
        protocols=(
            "triplets/target-id",
            *(("tirg/caption-match",) if labelled else ()),
        ),
    )


def gallery_names(
    found: Survey, gallery: str, split: str = "test"
) -> list[str]:
    """Sorted names of the images among which a split's queries search."""
    train, asked = found.of("train"), found.of(split)
    wanted = {row.label for row in asked if row.label}
    trained = {
        image
        for row in train
        for image in (
            _images_of([row])
            if gallery == "unseen"
            # To find what it was trained to find would be no achievement.
            else row.targets
            if row.label in wanted
            else ()
        )
    }
    return sorted({*found.names.files, *_images_of(asked)} - trained)


def _images_of(rows):
    return {image for row in rows for image in (row.reference, *row.targets)}


def _image_row(name, found, labels):
    label = labels.get(name, "")
    path = found.names.files.get(name, name)
    return ImageRow(name, path, caption=label, label=label)


def _query_row(row):
    return QueryRow(
        row.reference, row.modification, row.targets, kind=row.kind, id=row.id
    )
