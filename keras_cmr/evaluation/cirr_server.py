"""Files for CIRR's evaluation server."""

import os
from pathlib import Path

import numpy as np

from keras_cmr.evaluation import submission_file
from keras_cmr.evaluation.cosine import unit_rows
from keras_cmr.retrieval import exact
from keras_cmr.retrieval.exclusion import Exclusion

VERSION = "rc2"
MAX_BYTES = 5_000_000
# Names for each query, by metric.
_LENGTHS = {"recall": 50, "recall_subset": 3}


def write_cirr(
    split, queries, candidates, folder: str | os.PathLike
) -> tuple[Path, Path]:
    """The two files that CIRR's server takes, validated.

    For every query the 50 best images of the gallery, and the 3 best of its
    image set, by cosine; the reference is in neither. Equal scores keep the
    order of the gallery.

    Args:
        split: The `server` split of `keras_cmr.datasets.load("cirr", ...)`,
            whole: a split with lost queries is refused.
        queries: Float array `(num_queries, dim)`, row `i` for query `i`.
        candidates: Float array `(num_images, dim)`, row `i` for image `i`.
        folder: string or path. Made if it is not there; files of the same
            names are replaced, each in one step.

    Returns:
        Tuple of the paths of `{split}_pred_ranks_recall.json` and
        `{split}_pred_ranks_recall_subset.json`.

    Reference:
    - https://github.com/Cuberick-Orion/CIRR, `Test-split_server.md`
    """
    check_split(split)
    references = split.queries.references
    queries = unit_rows("queries", queries, len(references))
    candidates = unit_rows("candidates", candidates, len(split.images))
    found, _ = exact.search(
        candidates,
        queries,
        _LENGTHS["recall"],
        Exclusion([np.array([row], np.int64) for row in references]),
    )
    best = [
        _best_of(subset, query, candidates)
        for subset, query in zip(split.queries.subsets, queries, strict=True)
    ]
    paths = []
    for metric, rankings in (("recall", found), ("recall_subset", best)):
        content = {"version": VERSION, "metric": metric}
        names = zip(split.queries.ids.tolist(), rankings, strict=True)
        content |= {key: split.images.ids[rows].tolist() for key, rows in names}
        path = Path(folder) / f"{split.name}_pred_ranks_{metric}.json"
        submission_file.write(
            path, content, lambda file: validate_cirr(file, split)
        )
        paths.append(path)
    return tuple(paths)


def validate_cirr(path: str | os.PathLike, split) -> None:
    """Raises `ValueError` for the first fault of a file for CIRR's server.

    The metric is read from the file. Size, version, the set of `pairid`s
    and, for every query, number, names and distinctness of the images are
    checked; the reference must not be among them and, for the metric
    `"recall_subset"`, they must be of the query's image set.

    Args:
        path: string or path. The file.
        split: The `Split` that the file answers, as for `write_cirr`.
    """
    check_split(split)
    content = submission_file.read(path)
    size = Path(path).stat().st_size
    if size > MAX_BYTES:
        raise ValueError(
            f"{path} must have at most {MAX_BYTES:,} bytes. Received: {size:,}"
        )
    if content.pop("version", None) != VERSION:
        raise ValueError(f"{path}: `version` must be {VERSION!r}.")
    metric = content.pop("metric", None)
    if not isinstance(metric, str) or metric not in _LENGTHS:
        raise ValueError(
            f"{path}: `metric` must be one of "
            f"{', '.join(map(repr, _LENGTHS))}. Received: {str(metric)[:80]!r}"
        )
    submission_file.check_keys(path, content, split)
    names = split.images.ids.tolist()
    gallery = set(names)
    for key, reference, subset in zip(
        split.queries.ids.tolist(),
        split.queries.references.tolist(),
        split.queries.subsets,
        strict=True,
    ):
        if metric == "recall":
            known = gallery - {names[reference]}
        else:
            known = {names[image] for image in subset}
        submission_file.check_ranking(
            f"{path}: the entry {key!r}", content[key], _LENGTHS[metric], known
        )


def _best_of(subset, query, candidates):
    rows = np.array(sorted(subset), np.int64)
    order = np.argsort(-(candidates[rows] @ query), kind="stable")
    return rows[order[: _LENGTHS["recall_subset"]]]


def check_split(split):
    """Raises `ValueError` unless CIRR's server can be answered with `split`.

    It takes no embeddings: whoever makes them can ask first.
    """
    submission_file.check_split(split, "CIRR", _LENGTHS["recall"])
    if split.queries.subsets is None:
        raise ValueError(
            "`split` must be CIRR's, whose queries have image sets. "
            f"Received: the split {split.name!r} without them"
        )
