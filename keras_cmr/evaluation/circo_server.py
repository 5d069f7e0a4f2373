"""The file for CIRCO's evaluation server."""

import os
from pathlib import Path

import numpy as np

from keras_cmr.evaluation import submission_file
from keras_cmr.evaluation.cosine import unit_rows
from keras_cmr.retrieval import exact
from keras_cmr.retrieval.exclusion import Exclusion

LENGTH = 50


def write_circo(
    split,
    queries,
    candidates,
    folder: str | os.PathLike,
    keep_reference: bool = True,
) -> Path:
    """The file that CIRCO's server takes, validated.

    For every query the COCO ids of the 50 best images of the gallery by
    cosine. Equal scores keep the order of the gallery.

    Args:
        split: The `server` split of `keras_cmr.datasets.load("circo", ...)`,
            whole: a split with lost queries is refused.
        queries: Float array `(num_queries, dim)`, row `i` for query `i`.
        candidates: Float array `(num_images, dim)`, row `i` for image `i`.
        folder: string or path. Made if it is not there; a file of the same
            name is replaced in one step.
        keep_reference: bool. Whether the reference may be found, as under
            the protocol `"circo/kept"` and in SEARLE; if False it is not, as
            under `"circo/removed"`. Defaults to `True`.

    Returns:
        The path of `submission_{split}.json`.

    Reference:
    - https://github.com/miccunifi/CIRCO, `README.md`
    - https://github.com/miccunifi/SEARLE, `src/generate_test_submission.py`
    """
    check_split(split)
    references = split.queries.references
    queries = unit_rows("queries", queries, len(references))
    candidates = unit_rows("candidates", candidates, len(split.images))
    exclusion = (
        Exclusion.nothing(len(queries))
        if keep_reference
        else Exclusion([np.array([row], np.int64) for row in references])
    )
    found, _ = exact.search(candidates, queries, LENGTH, exclusion)
    numbers = np.array(split.images.ids.tolist(), np.int64)
    content = {
        key: numbers[rows].tolist()
        for key, rows in zip(split.queries.ids.tolist(), found, strict=True)
    }
    path = Path(folder) / f"submission_{split.name}.json"
    submission_file.write(
        path, content, lambda file: validate_circo(file, split)
    )
    return path


def validate_circo(path: str | os.PathLike, split) -> None:
    """Raises `ValueError` for the first fault of a file for CIRCO's server.

    Checked are the set of query ids and, for every query, that it has 50
    distinct integers, each the id of an image of the gallery. The reference
    may be among them.

    Args:
        path: string or path. The file.
        split: The `Split` that the file answers, as for `write_circo`.
    """
    check_split(split)
    content = submission_file.read(path)
    submission_file.check_keys(path, content, split)
    known = {int(name) for name in split.images.ids.tolist()}
    for key in split.queries.ids.tolist():
        submission_file.check_ranking(
            f"{path}: the entry {key!r}", content[key], LENGTH, known
        )


def check_split(split):
    """Raises `ValueError` unless CIRCO's server can be answered with `split`.

    It takes no embeddings: whoever makes them can ask first.
    """
    submission_file.check_split(split, "CIRCO", LENGTH)
    names = split.images.ids.tolist()
    if not all(name.isascii() and name.isdecimal() for name in names):
        raise ValueError(
            "`split` must be CIRCO's, whose images have numbers as ids. "
            f"Received: the split {split.name!r} with others"
        )
