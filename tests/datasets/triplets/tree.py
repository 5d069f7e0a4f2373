"""Folders of images and tables made by hand."""

import csv
import io
import json

from PIL import Image

COLUMNS = ("reference", "modification", "target")
NAMES = [f"{letter}.png" for letter in "abcdefghij"]
ROWS = {
    "train": [("a.png", "make it red", "b.png"), ("c.png", "blue", "d.png")],
    "test": [("e.png", "make it red", "f.png")],
}


def draw(root, names):
    """A small picture for each name, no two of one colour."""
    for number, name in enumerate(names):
        path = root / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        colour = (20 * number % 256, 90, 255 - number)
        ending = path.suffix.lower()
        Image.new("RGB", (6, 4), colour).save(
            path, "JPEG" if ending in (".jpg", ".jpeg") else None
        )


def jsonl(rows, columns=COLUMNS):
    records = (dict(zip(columns, row, strict=True)) for row in rows)
    return "".join(json.dumps(record) + "\n" for record in records)


def csv_text(rows, columns=COLUMNS, **form):
    """The rows as Python's own writer puts them down."""
    file = io.StringIO()
    writer = csv.writer(file, **form)
    writer.writerow(columns)
    for row in rows:
        writer.writerow(
            ["|".join(v) if isinstance(v, list) else v for v in row]
        )
    return file.getvalue()


def tree(root, train=ROWS["train"], test=ROWS["test"], names=NAMES):
    """A good folder: ten images, two training queries, one test query."""
    draw(root, names)
    (root / "train.jsonl").write_text(jsonl(train), encoding="utf-8")
    (root / "test.jsonl").write_text(jsonl(test), encoding="utf-8")
    return root
