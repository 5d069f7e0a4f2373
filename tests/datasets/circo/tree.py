"""CIRCO in a few files: a gallery of 52 images, more than a server wants."""

from pathlib import Path

from tests.datasets.tree_files import write_image
from tests.datasets.tree_files import write_json

IDS = [9761 + 17 * i for i in range(52)]


def write(folder: Path) -> None:
    """The annotation files of CIRCO and COCO, and the images."""
    write_json(
        folder / "annotations" / "val.json",
        [
            _record(0, 3, "is held by a girl", [5, 1, 4]),
            _record(1, 7, "has two dogs ", [0]),
        ],
    )
    write_json(
        folder / "annotations" / "test.json",
        [_record(0, 2, "is larger", []), _record(1, 2, "is at night", [])],
    )
    coco = folder / "COCO2017_unlabeled"
    names = {number: f"{number:012d}.jpg" for number in IDS}
    write_json(
        coco / "annotations" / "image_info_unlabeled2017.json",
        {"images": [{"id": i, "file_name": n} for i, n in names.items()]},
    )
    for number, name in enumerate(names.values()):
        write_image(coco / "unlabeled2017" / name, 4 * number)


def _record(number, reference, caption, truths):
    record = {
        "reference_img_id": IDS[reference],
        "relative_caption": caption,
        "shared_concept": "a teddy bear",
        "id": number,
    }
    if truths:
        record["target_img_id"] = IDS[truths[0]]
        record["gt_img_ids"] = [IDS[truth] for truth in truths]
        record["semantic_aspects"] = ["cardinality", "addition"]
    return record
