"""CIRR in a few files; the server's split has the 52 images it needs."""

from pathlib import Path

from tests.datasets.tree_files import write_image
from tests.datasets.tree_files import write_json

TRAIN = [f"train-{i}-0-img0" for i in range(6)]
VAL = [f"dev-{i}-0-img1" for i in range(8)]
TEST = [f"test1-{i}-0-img0" for i in range(52)]


def write(folder: Path) -> None:
    """The annotation files, and the images below `img_raw`."""
    paths = {
        "train": {name: f"./train/34/{name}.png" for name in TRAIN},
        "val": {name: f"./dev/{name}.png" for name in VAL},
        "test1": {name: f"./test1/{name}.png" for name in TEST},
    }
    records = {
        "train": [_record(7, TRAIN, 0, 1, "make it red")],
        "val": [
            _record(11, VAL, 4, 2, " Fewer towels "),
            _record(12, VAL, 1, 3, "show façade"),
        ],
        "test1": [
            _record(21, TEST, 3, None, "mirror the image"),
            _record(22, TEST, 0, None, " "),
        ],
    }
    for split in paths:
        write_json(
            folder / "image_splits" / f"split.rc2.{split}.json", paths[split]
        )
        write_json(
            folder / "captions" / f"cap.rc2.{split}.json", records[split]
        )
        for number, path in enumerate(paths[split].values()):
            write_image(folder / "img_raw" / path, 4 * number)


def _record(pairid, names, reference, target, caption):
    record = {
        "pairid": pairid,
        "reference": names[reference],
        "caption": caption,
        "img_set": {
            "id": 1,
            "members": names[:6],
            "reference_rank": reference,
        },
    }
    if target is not None:
        record["target_hard"] = names[target]
        record["target_soft"] = {names[target]: 1.0, names[5]: -1.0}
        record["img_set"]["target_rank"] = target
    return record
