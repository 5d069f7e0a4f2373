"""Shoes in a few files."""

from pathlib import Path

from tests.datasets.tree_files import write_image
from tests.datasets.tree_files import write_json

TRAIN = [f"img_womens_boots_{i}.jpg" for i in (3, 1, 2)]
EVAL = [f"img_womens_clogs_{i}.jpg" for i in (12, 11, 13)]
# Target, reference, text.
PAIRS = [
    (TRAIN[0], TRAIN[1], "has a lower heel"),
    (EVAL[0], EVAL[2], " is darker in red "),
    (TRAIN[2], TRAIN[0], "is shinier"),
    (EVAL[1], EVAL[0], "is the same"),
]


def write(folder: Path) -> None:
    """The annotation files, and the images below `attributedata`."""
    write_json(
        folder / "relative_captions_shoes.json",
        [
            {
                "ImageName": target,
                "ReferenceImageName": reference,
                "RelativeCaption": text,
            }
            for target, reference, text in PAIRS
        ],
    )
    for file, names in (("train", TRAIN), ("eval", EVAL)):
        lines = "".join(f"{name}\n" for name in names)
        (folder / f"{file}_im_names.txt").write_text(lines, encoding="utf-8")
        for number, name in enumerate(names):
            kind = name.removeprefix("img_").rpartition("_")[0]
            place = folder / "attributedata" / kind / str(number % 2)
            write_image(place / name, 50 * number)
