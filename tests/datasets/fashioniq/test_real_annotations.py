"""The counts and traps of the real files (../shared/data/README.md)."""

import collections
import json

import pytest

from keras_cmr.datasets import load
from keras_cmr.datasets.fashioniq.annotations import parse
from keras_cmr.datasets.fashioniq.annotations import read_spelling
from keras_cmr.datasets.fashioniq.captions import RULES
from tests.datasets.annotations import real_annotations
from tests.datasets.tree_files import write_image

# Items, images, items of which one caption holds no word.
COUNTS = {
    "dress": {
        "train": (5985, 11452, 1),
        "val": (2017, 3817, 0),
        "test": (2024, 3818, 0),
    },
    "shirt": {
        "train": (5988, 19036, 0),
        "val": (2038, 6346, 1),
        "test": (2038, 6346, 1),
    },
    "toptee": {
        "train": (6027, 16121, 12),
        "val": (1961, 5373, 2),
        "test": (2056, 5374, 0),
    },
}
# Images that a validation query names: the gallery "val-union".
UNION = {"dress": 2628, "shirt": 3089, "toptee": 2902}


@pytest.mark.parametrize("category", COUNTS)
def test_counts(category):
    folder = real_annotations("fashion_iq")
    for split, (items, images, single) in COUNTS[category].items():
        joined = parse(folder, category, split, RULES["joined"])
        assert (len(joined.queries), len(joined.images)) == (items, images)
        assert all(len(q.targets) == (split != "test") for q in joined.queries)
        for rule in ("both-orders", "separate"):
            queries = parse(folder, category, split, RULES[rule]).queries
            assert len(queries) == 2 * items - single
            assert all(q.modification.strip() for q in queries)
    val = parse(folder, category, "val", RULES["joined"]).queries
    named = {image for q in val for image in (q.reference, *q.targets)}
    assert len(named) == UNION[category]


def test_joined_is_what_clip4cir_feeds():
    folder = real_annotations("fashion_iq")
    differing = 0
    for category in COUNTS:
        path = folder / "captions" / f"cap.{category}.val.json"
        items = json.loads(path.read_text(encoding="utf-8"))
        queries = parse(folder, category, "val", RULES["joined"]).queries
        for item, query in zip(items, queries, strict=True):
            first, second = (text.strip(".?, ") for text in item["captions"])
            theirs = f"{first.capitalize()} and {second}"
            if query.modification != theirs:
                differing += 1
                assert theirs.startswith(" and ")  # the first is empty
                assert query.modification == second.capitalize()
    assert differing == 3


def test_traps():
    folder = real_annotations("fashion_iq")
    separate = {
        (category, split): [
            query.modification
            for query in parse(
                folder, category, split, RULES["separate"]
            ).queries
        ]
        for category, split in (("toptee", "train"), ("toptee", "val"))
    }
    texts = separate["toptee", "train"]
    assert "Is ombré blue with a flare bottom" in texts
    assert (
        "They’re coverup cutlets & not clothes" in (separate["toptee", "val"])
    )
    assert all(text == text.strip() for text in texts)
    # Names occur in many queries, as reference and as target.
    path = folder / "captions" / "cap.toptee.train.json"
    items = json.loads(path.read_text(encoding="utf-8"))
    blank = [i for i in items if not all(c.strip() for c in i["captions"])]
    assert len(blank) == 12
    for item in blank:
        (other,) = (c.strip() for c in item["captions"] if c.strip())
        assert other in texts


def test_spelling_dictionaries():
    folder = real_annotations("fashion_iq")
    sizes = {c: len(read_spelling(folder, c)) for c in COUNTS}
    assert sizes == {"dress": 363, "shirt": 360, "toptee": 391}
    spelling = read_spelling(folder, "dress")
    plain = parse(folder, "dress", "val", RULES["joined"]).queries
    mended = parse(folder, "dress", "val", RULES["joined"], spelling).queries
    assert len(plain) == len(mended)
    words = collections.Counter(
        word for query in mended for word in query.modification.split()
    )
    wrong = {word for word, right in spelling.items() if word != right}
    respelled = {w for right in spelling.values() for w in right.split()}
    assert not (words.keys() & wrong) - respelled


def test_whole_reader_on_the_smallest_official_gallery(tmp_path):
    real = real_annotations("fashion_iq")
    for name in ("captions/cap", "image_splits/split"):
        path = tmp_path / f"{name}.dress.val.json"
        path.parent.mkdir()
        path.write_bytes((real / f"{name}.dress.val.json").read_bytes())
    write_image(tmp_path / "one.png", 7)
    (tmp_path / "images").mkdir()
    names = json.loads(path.read_text())
    for name in names:
        (tmp_path / "images" / f"{name}.png").hardlink_to(tmp_path / "one.png")
    (tmp_path / "images" / f"{names[0]}.png").unlink()
    with pytest.warns(UserWarning, match="1 of 3,817 images"):
        fiq = load("fashioniq", tmp_path, image_size=8, verbose=0)
    assert len(fiq.test.images) == 3816
    assert len(fiq.test.queries) + fiq.test.lost_queries == 2017
    assert fiq.train is None and fiq.server is None
