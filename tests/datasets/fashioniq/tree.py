"""FashionIQ's category dress in a few files."""

from pathlib import Path

from tests.datasets.tree_files import write_image
from tests.datasets.tree_files import write_json

CAPTIONS = {
    "train": [
        ("B00T1", "B00T2", [" Is longer. ", "has a red BELT,"]),
        ("B00T2", "B00T3", ["", "is ombré blue"]),
    ],
    "val": [
        ("B00V1", "B00V3", ["is sleevless", "is darker"]),
        ("B00V2", "B00V1", ["is green?", " . "]),
    ],
    "test": [("B00X2", None, ["is shorter", "has dots"])],
}
NAMES = {
    "train": ["B00T3", "B00T1", "B00T2"],
    # No query names the second: it is in the gallery all the same.
    "val": ["B00V1", "B00V4", "B00V2", "B00V3"],
    "test": ["B00X1", "B00X2"],
}


def write(folder: Path) -> None:
    """The annotation files and images `images/<asin>.jpg` or `.png`."""
    for split, items in CAPTIONS.items():
        records = [
            {"candidate": reference, "captions": captions}
            | ({"target": target} if target else {})
            for reference, target, captions in items
        ]
        write_json(folder / "captions" / f"cap.dress.{split}.json", records)
        write_json(
            folder / "image_splits" / f"split.dress.{split}.json", NAMES[split]
        )
        ending = "png" if split == "val" else "jpg"
        for number, name in enumerate(NAMES[split]):
            write_image(folder / "images" / f"{name}.{ending}", 20 * number)
    write_json(
        folder / "captions" / "correction_dict_dress.json",
        {"sleevless": "sleeveless", "dots": "polka dots", "is": "is"},
    )
