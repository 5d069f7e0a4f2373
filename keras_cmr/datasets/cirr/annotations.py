"""CIRR's annotation files, without its images."""

from pathlib import Path

from keras_cmr.datasets.annotation_file import field
from keras_cmr.datasets.annotation_file import read_json
from keras_cmr.datasets.annotation_file import read_records
from keras_cmr.datasets.annotation_file import text_list
from keras_cmr.datasets.annotation_text import BLANK
from keras_cmr.datasets.annotation_text import image_path
from keras_cmr.datasets.annotation_text import known_image
from keras_cmr.datasets.annotation_text import trimmed
from keras_cmr.datasets.assemble import Parsed
from keras_cmr.datasets.rows import ImageRow
from keras_cmr.datasets.rows import QueryRow


def captions_path(folder: Path, split: str) -> Path:
    return folder / "captions" / f"cap.rc2.{split}.json"


def parse(folder: Path, split: str) -> Parsed:
    """One split of version rc2.

    Args:
        folder: Path that holds `captions/` and `image_splits/`.
        split: string. `"train"`, `"val"` or `"test1"`; the last has no
            targets.

    Returns:
        A `Parsed`. A query's id is its `pairid`, its subset the members of
        its image set without the reference.
    """
    paths = _paths(folder / "image_splits" / f"split.rc2.{split}.json")
    queries, seen = [], set()
    for place, record in read_records(captions_path(folder, split)):
        query = _query(place, record, paths, split != "test1")
        if query.id in seen:
            raise ValueError(
                f"{place}: each `pairid` must occur once. "
                f"Received: {query.id[:80]} twice"
            )
        seen.add(query.id)
        queries.append(query)
    images = [ImageRow(id=name, path=path) for name, path in paths.items()]
    return Parsed(split, images, queries)


def _query(place, record, known, with_target):
    reference = known_image(place, record.get("reference"), known)
    targets = ()
    if with_target:
        targets = (known_image(place, record.get("target_hard"), known),)
    image_set = field(place, record, "img_set", dict)
    members = text_list(place, image_set, "members")
    if len(set(members)) < len(members):
        raise ValueError(
            f"{place}: the members of `img_set` must be distinct. "
            f"Received: {str(members)[:80]}"
        )
    subset = tuple(
        known_image(place, member, known)
        for member in members
        if member != reference
    )
    text = trimmed(place, field(place, record, "caption", str))
    return QueryRow(
        reference=reference,
        modification=text or BLANK,
        targets=targets,
        id=str(field(place, record, "pairid", int)),
        subset=subset,
    )


def _paths(path):
    """Dict of image name -> path below the folder of the images."""
    paths = read_json(path)
    if not isinstance(paths, dict) or not paths:
        raise ValueError(
            f"{path} must hold a JSON object of image name to path, at least "
            f"one. Received: {str(paths)[:80]!r}"
        )
    for number, (name, image) in enumerate(paths.items(), start=1):
        place = f"{path}, entry {number}"
        image_path(place, name)
        image_path(place, image)
    return paths
