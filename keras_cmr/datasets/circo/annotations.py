"""CIRCO's annotation files and the list of its gallery."""

from pathlib import Path

from keras_cmr.datasets.annotation_file import field
from keras_cmr.datasets.annotation_file import read_json
from keras_cmr.datasets.annotation_file import read_records
from keras_cmr.datasets.annotation_text import BLANK
from keras_cmr.datasets.annotation_text import image_path
from keras_cmr.datasets.annotation_text import trimmed
from keras_cmr.datasets.image_folder import ImageFolder
from keras_cmr.datasets.rows import ImageRow
from keras_cmr.datasets.rows import QueryRow

# COCO writes an id with so many digits in a file's name.
_DIGITS = 12


def parse_queries(path: Path, with_targets: bool) -> list[QueryRow]:
    """The queries of `annotations/val.json` or `annotations/test.json`.

    Images are named by their COCO id as text, such as `"243611"`. The text is
    the relative caption; the shared concept is not in it.
    """
    queries, seen = [], set()
    for place, record in read_records(path):
        number = str(field(place, record, "id", int))
        if number in seen:
            raise ValueError(
                f"{place}: each `id` must occur once. "
                f"Received: {number[:80]} twice"
            )
        seen.add(number)
        caption = field(place, record, "relative_caption", str)
        queries.append(
            QueryRow(
                reference=_image_id(place, record.get("reference_img_id")),
                modification=trimmed(place, caption) or BLANK,
                targets=_targets(place, record) if with_targets else (),
                id=number,
            )
        )
    return queries


def parse_gallery(path: Path) -> list[ImageRow]:
    """The images of `image_info_unlabeled2017.json`, in its order."""
    content = read_json(path)
    if not isinstance(content, dict):
        raise ValueError(
            f"{path} must hold a JSON object with a list `images`. "
            f"Received: {str(content)[:80]!r}"
        )
    images, seen = [], set()
    records = field(str(path), content, "images", list)
    for number, record in enumerate(records, start=1):
        place = f"{path}, image {number}"
        if not isinstance(record, dict):
            raise ValueError(
                f"{place}: every entry must be an object. "
                f"Received: {str(record)[:80]!r}"
            )
        name = _image_id(place, record.get("id"))
        if name in seen:
            raise ValueError(
                f"{place}: each `id` must occur once. Received: {name} twice"
            )
        seen.add(name)
        file_name = image_path(place, record.get("file_name"))
        images.append(ImageRow(id=name, path=file_name))
    return images


def listed_gallery(
    folder: ImageFolder, queries: list[QueryRow]
) -> list[ImageRow]:
    """The images of the folder, and those that queries name, by id.

    For use without `image_info_unlabeled2017.json`. Files whose names are not
    COCO's twelve digits are none of the gallery.
    """
    stems = (name.rpartition(".")[0] for name in folder)
    named = {image for q in queries for image in (q.reference, *q.targets)}
    ids = {int(image) for image in named}
    ids |= {
        int(stem)
        for stem in stems
        if len(stem) == _DIGITS and stem.isascii() and stem.isdecimal()
    }
    return [
        ImageRow(id=str(number), path=f"{number:0{_DIGITS}d}")
        for number in sorted(ids)
    ]


def _targets(place, record):
    truths = [
        _image_id(place, number)
        for number in field(place, record, "gt_img_ids", list)
    ]
    target = _image_id(place, record.get("target_img_id"))
    if target not in truths or len(set(truths)) < len(truths):
        raise ValueError(
            f"{place}: `gt_img_ids` must be distinct and hold "
            f"`target_img_id`. Received: {str(truths)[:80]} and {target}"
        )
    return (target, *(truth for truth in truths if truth != target))


def _image_id(place, number):
    right = isinstance(number, int) and not isinstance(number, bool)
    if not right or not 0 <= number < 10**_DIGITS:
        raise ValueError(
            f"{place}: an image's id must be an integer of at most {_DIGITS} "
            f"digits. Received: {str(number)[:80]!r}"
        )
    return str(number)
