"""The annotation files of Shoes, without its images."""

import warnings
from pathlib import Path

from keras_cmr.datasets.annotation_file import field
from keras_cmr.datasets.annotation_file import read_lines
from keras_cmr.datasets.annotation_file import read_records
from keras_cmr.datasets.annotation_text import BLANK
from keras_cmr.datasets.annotation_text import image_path
from keras_cmr.datasets.annotation_text import trimmed
from keras_cmr.datasets.rows import QueryRow


def parse_names(path: Path) -> list[str]:
    """The names of `train_im_names.txt` or `eval_im_names.txt`, each once.

    A name that occurs twice counts once, with a warning: several copies of
    these lists circulate, and not all could be looked at.
    """
    names: dict[str, None] = {}
    total = 0
    for number, line in read_lines(path):
        names[_file_name(f"{path}, line {number}", line.strip())] = None
        total += 1
    if not names:
        raise ValueError(f"{path} must name at least one image.")
    if total > len(names):
        warnings.warn(
            f"{path} names {total - len(names):,} of {len(names):,} images "
            "more than once; each counts once.",
            stacklevel=2,
        )
    return list(names)


def parse_queries(
    path: Path, names: dict[str, list[str]]
) -> dict[str, list[QueryRow]]:
    """The pairs of `relative_captions_shoes.json`, by split.

    A pair belongs to the split that lists both its images. Pairs that no
    list holds whole are left out, with a warning that counts them.

    Args:
        path: Path of the file.
        names: Dict of split -> names of its images.

    Returns:
        Dict of split -> `QueryRow`s.
    """
    sets = {split: set(listed) for split, listed in names.items()}
    queries: dict[str, list[QueryRow]] = {split: [] for split in names}
    total = 0
    for place, record in read_records(path):
        reference, target = (
            _file_name(place, record.get(role))
            for role in ("ReferenceImageName", "ImageName")
        )
        text = trimmed(place, field(place, record, "RelativeCaption", str))
        row = QueryRow(reference, text or BLANK, (target,))
        total += 1
        for split, listed in sets.items():
            if reference in listed and target in listed:
                queries[split].append(row)
                break
    if not queries["eval"]:
        raise ValueError(
            f"{path} must hold a pair of two images of the eval list. "
            f"Received: {total:,} pairs, none of them such"
        )
    left = sum(map(len, queries.values()))
    if left < total and len(names) > 1:
        warnings.warn(
            f"{total - left:,} of {total:,} pairs of {path} are left out: no "
            "list of images holds both images of the pair.",
            stacklevel=2,
        )
    return queries


def _file_name(place, value):
    if "/" in image_path(place, value):
        raise ValueError(
            f"{place}: an image must be given by the name of its file alone. "
            f"Received: {value[:80]!r}"
        )
    return value
