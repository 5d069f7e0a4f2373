"""Every fault, with its line, and what `read` says of it."""

import os

import numpy as np
import pytest

from keras_cmr.datasets.triplets import read
from keras_cmr.datasets.triplets import validate
from tests.datasets.triplets.tree import COLUMNS
from tests.datasets.triplets.tree import csv_text
from tests.datasets.triplets.tree import draw
from tests.datasets.triplets.tree import jsonl
from tests.datasets.triplets.tree import tree

HEADER = "reference,modification,target"
MORE = (*COLUMNS, "label", "kind", "id", "split")


def faults(root, **arguments):
    """(kind, text) of each; `read` must raise the first of them."""
    found = validate(root, verbose=0, **arguments).faults
    if found:
        with pytest.raises(ValueError) as caught:
            read(root, strict=True, verify=True, verbose=0, **arguments)
        assert str(caught.value) == str(found[0])
    else:
        read(root, strict=True, verify=True, verbose=0, **arguments)
    return [(fault.kind, str(fault)) for fault in found]


def row(**changes):
    values = dict(zip(MORE, ("e.png", "make it red", "f.png"), strict=False))
    return {**values, **changes}


def lines(*rows):
    import json

    return "".join(json.dumps(record) + "\n" for record in rows)


# What test.jsonl holds, then for each fault its kind, its line and words.
JSONL = {
    "unknown column": (
        lines(row(lable="x"), row(modification="b", lable="y")),
        [("unknown column", 1, "`lable`. Did you mean `label`?")],
    ),
    "upper case": (
        lines(row(Label="x")),
        [("unknown column", 1, "`Label`. Did you mean `label`?")],
    ),
    "missing column": (
        lines({"reference": "e.png", "text": "red", "targets": "f.png"}, row()),
        [
            ("missing column", 1, "`modification` is missing."),
            ("missing column", 1, "Did you mean it by `targets`?"),
        ],
    ),
    "empty modification": (
        lines(row(modification=" "), row(modification="?!"), row()),
        [
            ("empty modification", 1, "Received: ''"),
            ("empty modification", 2, "Received: '?!'"),
        ],
    ),
    "missing image": (
        lines(row(reference="ee.png"), row(target="shop/F.JPG")),
        [
            ("missing image", 1, "`reference` 'ee.png': "),
            ("missing image", 2, "Did you mean 'f.png'?"),
        ],
    ),
    "target is reference": (
        lines(row(target="./e.png")),
        [("target is reference", 1, "the reference itself: 'e.png'")],
    ),
    "duplicate target": (
        lines(row(target=["f.png", "f.png"])),
        [("duplicate target", 1, "names an image twice")],
    ),
    "duplicate row": (
        lines(row(), row(modification="b"), row()),
        [("duplicate row", 3, "test.jsonl, line 1")],
    ),
    "duplicate id": (
        lines(row(id=3), row(modification="b", id="3")),
        [("duplicate id", 2, "`id` '3' is that of")],
    ),
    "outside": (
        lines(
            row(reference="../e.png"),
            row(target=["f.png", "/etc/passwd"]),
            row(target="C:\\f.png"),
            row(target="..\\f.png"),
            row(target="a/../../f.png"),
            row(),
        ),
        [
            ("image name", 1, "Received: '../e.png'"),
            ("image name", 2, "`target` must name an image by its path below"),
            ("image name", 3, "Received: 'C:"),
            ("image name", 4, "Received: '.."),
            ("image name", 5, "Received: 'a/../../f.png'"),
        ],
    ),
    "hidden": (
        lines(row(target=".f.png"), row()),
        [("image name", 1, "names a hidden file")],
    ),
    "both splits": (
        lines(row(target="b.png")),
        [("image in two splits", 1, "uses 'b.png', an image of the train")],
    ),
    "contradicting label": (
        lines(row(label="x"), row(modification="b", label="y")),
        [("contradicting label", 2, "is 'y' here and 'x' in")],
    ),
    "label of the reference": (
        lines(row(label="x"), row(reference="f.png", target="g.png",
                                  label="x")),
        [("label of the reference", 2, "'x' is also that of the reference")],
    ),
    "not JSON": (
        lines(row()) + "{'reference': 1}\n\n[1]\n{\n"
        '{"target": 1, "target": 2}\n',
        [
            ("broken row", 2, "each line must hold one JSON object"),
            ("broken row", 4, "Received: '[1]'"),
            ("broken row", 5, "each line must hold one JSON object"),
            ("broken row", 6, "'target' occurs twice"),
        ],
    ),
    "values": (
        lines(
            row(modification=["red"]),
            row(target=[]),
            row(target={"a": 1}),
            row(reference=None),
            row(target=[True]),
            row(modification="red\0"),
            row(modification="\ud83d red"),
            row(modification="red " * 2000),
            row(split="dev"),
            row(split="train"),
            row(),
        ),
        [
            ("broken value", 1, "`modification` must be a text. Received:"),
            ("broken value", 2, "`target` names no image"),
            ("broken value", 3, "`target` must be a text"),
            ("broken value", 4, "`reference` names no image"),
            ("broken value", 5, "`target` must be a text. Received: 'True'"),
            ("broken value", 6, "`modification` holds a NUL"),
            ("broken value", 7, "that UTF-8 can hold"),
            ("broken value", 8, "at most 4,000 characters. Received: 8,000"),
            (
                "broken value",
                9,
                "must be 'train', 'val' or 'test'. Received: 'dev'",
            ),
            ("broken value", 10, "`split` must be 'test', as the table's"),
        ],
    ),
    "too few": (
        "\n",
        [("too few queries", None, "at least 1 queries. Received: 0")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", JSONL)
def test_faults_of_json_lines(tmp_path, name):
    text, expected = JSONL[name]
    tree(tmp_path)
    (tmp_path / "test.jsonl").write_text(text)
    compare(faults(tmp_path), expected, tmp_path / "test.jsonl")


def compare(found, expected, path):
    assert len(found) == len(expected), found
    for (kind, text), (wanted, line, words) in zip(
        found, expected, strict=True
    ):
        place = f"{path}, line {line}: " if line else f"{path}: "
        assert kind == wanted
        assert text.startswith(place), text
        assert words in text, text


CSV = {
    "unknown column": (
        f"{HEADER},kinds,price,target_id,\ne.png,red,f.png,a,3,7,\n",
        [("unknown column", 1, "`kinds`. Did you mean `kind`?")],
    ),
    "missing column": (
        "source,modification,targets\ne.png,red,f.png\n",
        [
            ("missing column", 1, "the column `reference` is missing"),
            ("missing column", 1, "Did you mean it by `targets`?"),
            ("too few queries", None, "Received: 0"),
        ],
    ),
    "no header": (
        "e.png,red,f.png\n",
        [
            ("missing column", 1, "`reference` is missing"),
            ("missing column", 1, "`modification` is missing"),
            ("missing column", 1, "`target` is missing"),
            ("too few queries", None, "Received: 0"),
        ],
    ),
    "nothing": (
        "",
        [
            ("missing column", None, "must name the columns `reference`,"),
            ("too few queries", None, "Received: 0"),
        ],
    ),
    "twice": (
        f"{HEADER},target\n",
        [
            ("broken row", 1, "the column `target` stands there twice"),
            ("too few queries", None, "Received: 0"),
        ],
    ),
    "cells": (
        f"{HEADER}\ne.png,red, not blue,f.png\n"
        'e.png,"two\nlines",f.png\ne.png,red\n\ne.png,,f.png\n',
        [
            ("broken row", 2, "must have 3 cells, as the header has. Rec"),
            ("broken row", 5, "Received: 2"),
            ("empty modification", 7, "at least one word"),
        ],
    ),
    "targets": (
        f"{HEADER}\ne.png,red,f.png|\ne.png,red,f.png|g.png\n",
        [("broken value", 2, "`target` names no image")],
    ),
    "quotes": (
        f'{HEADER}\ne.png,"red" dress,f.png\ne.png,red,f.png\ne.png,"red\n',
        [
            ("broken row", 2, "not CSV"),
            ("broken row", 4, "not CSV: unexpected end of data"),
        ],
    ),
}


@pytest.mark.parametrize("name", CSV)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_faults_of_csv(tmp_path, name, end):
    text, expected = CSV[name]
    tree(tmp_path)
    (tmp_path / "test.jsonl").unlink()
    path = tmp_path / "test.csv"
    path.write_bytes(text.replace("\n", end).encode())
    compare(faults(tmp_path), expected, path)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_text_that_is_not_utf_8(tmp_path, ending):
    tree(tmp_path)
    (tmp_path / "test.jsonl").unlink()
    path = tmp_path / f"test.{ending}"
    rows = [("e.png", "red", "f.png"), ("e.png", "ombré", "f.png")]
    text = csv_text(rows) if ending == "csv" else None
    text = text or "".join(
        f'{{"reference": "{a}", "modification": "{b}", "target": "{c}"}}\n'
        for a, b, c in rows
    )
    path.write_bytes(text.encode("latin-1"))
    line = 3 if ending == "csv" else 2
    compare(
        faults(tmp_path),
        [
            ("unreadable table", line, "the text must be UTF-8"),
            ("too few queries", None, "Received: 0"),
        ],
        path,
    )


def test_a_column_split_for_some_rows_only(tmp_path):
    draw(tmp_path, [f"{letter}.png" for letter in "abcdef"])
    rows = [
        ("a.png", "red", "b.png", "train"),
        ("a.png", "blue", "b.png", "train"),
        ("c.png", "red", "d.png", ""),
        ("e.png", "red", "f.png", "test"),
    ]
    path = tmp_path / "triplets.csv"
    path.write_text(csv_text(rows, (*COLUMNS, "split")))
    expected = [
        ("broken value", 4, "`split` must say 'train', 'val' or 'test'")
    ]
    compare(faults(tmp_path), expected, path)


def test_validation_shares_no_image_either(tmp_path):
    tree(tmp_path)
    rows = [("b.png", "red", "g.png"), ("h.png", "red", "f.png")]
    (tmp_path / "val.csv").write_text(csv_text(rows, COLUMNS))
    found = validate(tmp_path, verbose=0)
    assert [fault.kind for fault in found.faults] == ["image in two splits"] * 2
    val, test = (str(fault) for fault in found.faults)
    assert val.startswith(f"{tmp_path}/val.csv, line 2: the validation query")
    assert "uses 'b.png', an image of the training query in" in val
    assert test.startswith(f"{tmp_path}/test.jsonl, line 1: the test query")
    assert f"query in {tmp_path}/val.csv, line 3" in test
    assert found.summary["queries to validate"] == "2"


def test_pictures(tmp_path):
    tree(tmp_path)
    outside = tmp_path / "outside.png"
    images = tmp_path / "images"
    outside.write_bytes((images / "a.png").read_bytes())
    (images / "f.png").unlink()
    (images / "f.png").symlink_to(outside)
    (images / "b.png").write_bytes(b"no picture")
    whole = (images / "j.png").read_bytes()
    (images / "j.png").write_bytes(whole[:-20])
    found = faults(tmp_path)
    assert [kind for kind, _ in found] == [
        "missing image",
        "unreadable image",
        "unreadable image",
    ]
    link, named, candidate = (text for _, text in found)
    assert link.startswith(f"{tmp_path}/test.jsonl, line 1: `target` 'f.png'")
    assert "a link that leads out of the folder" in link
    assert named.startswith(f"{tmp_path}/train.jsonl, line 1: Can't read")
    assert candidate.startswith(f"Can't read image {images}/j.png")


def test_file_names_that_no_table_can_hold(tmp_path):
    tree(tmp_path, names=["é.png", "e\u0301.png", "a\\b.png", *"abcdef"[:0]])
    draw(tmp_path, [f"{letter}.png" for letter in "abcdef"])
    source = tmp_path / "images" / "a.png"
    raw = os.fsencode(tmp_path / "images") + b"/\xff.png"
    with open(raw, "wb") as file:
        file.write(source.read_bytes())
    found = faults(tmp_path)
    assert [kind for kind, _ in found] == ["file name"] * 3
    text = "\n".join(text for _, text in found)
    assert "the name holds a backslash. Rename the file" in text
    assert "the name is not UTF-8. Rename the file" in text
    assert "in the form of its Unicode characters alone" in text
    text.encode()


def test_all_faults_of_both_tables_in_one_go(tmp_path):
    tree(
        tmp_path,
        train=[("a.png", "", "b.png"), ("c.png", "red", "c.png")],
        test=[("e.png", "red", "x.png"), ("c.png", "red", "f.png")],
    )
    validation = validate(tmp_path, verbose=0)
    assert [fault.kind for fault in validation.faults] == [
        "empty modification",
        "missing image",
        "target is reference",
        "image in two splits",
        "too few queries",
    ]
    printed = str(validation).splitlines()
    assert printed[0].startswith(f"{tmp_path}/train.jsonl, line 1: ")
    table = {
        tuple(line.rsplit("  ", 1))
        for line in printed
        if line.startswith(("empty", "all faults"))
    }
    assert {(a.strip(), b) for a, b in table} == {
        ("empty modification", "1"),
        ("all faults", "5"),
    }


def test_summary(tmp_path):
    columns = (*COLUMNS, "label", "kind", "price")
    train = [
        ("a.png", "make it red", ["b.png"], "x", "colour", 3),
        ("c.png", "blue", ["d.png", "g.png"], "y", "colour", 4),
    ]
    tree(tmp_path)
    (tmp_path / "train.jsonl").write_text(jsonl(train, columns))
    (tmp_path / "test.jsonl").write_text(
        jsonl([("e.png", "make it tall, red", "f.png")])
    )
    (tmp_path / "images" / ".DS_Store.png").write_bytes(b"")
    validation = validate(tmp_path, verbose=0)
    assert validation.faults == ()
    assert validation.summary == {
        "tables": "train.jsonl, test.jsonl",
        "images": "10",
        "images no row names": "3",
        "queries to train": "2",
        "queries to test": "1",
        "targets a query": "1 to 2, mean 1.3",
        "words a query": "1 to 4, mean 2.7",
        "words to learn": "4",
        "test words not learnt": "1",
        "labels": "2",
        "kinds": "1",
        "columns not read": "price",
        "hidden files": "1",
    }
    assert str(validation).startswith("No faults.\n")


def test_sheet_shows_the_pictures(tmp_path):
    root = tree(tmp_path)
    sheet = np.asarray(validate(root, verbose=0).sheet)
    colours = {tuple(pixel) for pixel in sheet.reshape(-1, 3).tolist()}
    # `draw`: images a to f, each a reference or a target.
    assert {(20 * i, 90, 255 - i) for i in range(6)} <= colours
    assert not {(20 * i, 90, 255 - i) for i in range(6, 10)} & colours
    assert sheet.shape[0] > 3 * 128


def test_sheet_of_six_at_most(tmp_path):
    names = [f"{i:02}.png" for i in range(40)]
    draw(tmp_path, names)
    rows = [(names[2 * i], "red", names[2 * i + 1]) for i in range(20)]
    (tmp_path / "triplets.csv").write_text(csv_text(rows))
    sheet = validate(tmp_path, verbose=0).sheet
    assert 6 * 128 < sheet.height < 7 * 170


def test_nothing_to_show(tmp_path):
    root = tree(tmp_path, test=[("x.png", "red", "y.png")])
    (root / "train.jsonl").unlink()
    assert validate(root, verbose=0).sheet is None
