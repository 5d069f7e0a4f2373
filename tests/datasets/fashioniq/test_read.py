import json

import pytest

from keras_cmr.datasets import load
from tests.datasets.fashioniq.tree import write


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "fiq")
    return tmp_path / "fiq"


def read(folder, **kwargs):
    return load("fashioniq", folder, image_size=8, verbose=0, **kwargs)


def test_tables(folder):
    fiq = read(folder)
    train, test, server = fiq.train, fiq.test, fiq.server
    assert (train.name, test.name, server.name) == (
        "dress.train",
        "dress.val",
        "dress.test",
    )
    # The gallery is the official list, in its order.
    assert test.images.ids.tolist() == ["B00V1", "B00V4", "B00V2", "B00V3"]
    assert test.images.labels.tolist() == [0, 1, 2, 3]
    assert test.images.pixels[:][:, 0, 0, 0].tolist() == [0, 20, 40, 60]
    assert test.queries.references.tolist() == [0, 2]
    assert test.queries.targets == ((3,), (0,))
    assert test.queries.target_labels.tolist() == [3, 0]
    assert test.queries.modifications.tolist() == [
        "Is sleevless and is darker",
        "Is green",
    ]
    assert train.images.ids.tolist() == ["B00T3", "B00T1", "B00T2"]
    assert train.queries.modifications.tolist() == [
        "Is longer and has a red BELT",
        "Is ombré blue",
    ]
    assert train.queries.references.tolist() == [1, 2]
    assert server.queries.targets == ((),)
    assert server.queries.target_labels.tolist() == [-1]
    for split in (train, test, server):
        assert split.queries.kinds is None and split.queries.ids is None
        assert split.vocabulary == (
            "a",
            "and",
            "belt",
            "blue",
            "has",
            "is",
            "longer",
            "ombré",
            "red",
        )
    assert fiq.protocols == (
        "fashioniq/original-kept",
        "fashioniq/original-removed",
        "fashioniq/val-union-kept",
        "fashioniq/val-union-removed",
    )


def test_caption_rules(folder):
    both = read(folder, captions="both-orders").test.queries
    assert both.modifications.tolist() == [
        "is sleevless and is darker",
        "is darker and is sleevless",
        "is green?",
    ]
    assert both.targets == ((3,), (3,), (0,))
    separate = read(folder, captions="separate").test.queries
    assert separate.modifications.tolist() == [
        "is sleevless",
        "is darker",
        "is green?",
    ]
    assert separate.references.tolist() == [0, 0, 2]


def test_spelling_is_corrected_on_request(folder):
    fiq = read(folder, correct_spelling=True)
    assert fiq.test.queries.modifications.tolist() == [
        "Is sleeveless and is darker",
        "Is green",
    ]
    assert fiq.server.queries.modifications.tolist() == [
        "Is shorter and has polka dots"
    ]
    (folder / "correction_dict").mkdir()
    old = folder / "captions" / "correction_dict_dress.json"
    old.rename(folder / "correction_dict" / old.name)
    again = read(folder, correct_spelling=True)
    assert again.fingerprint == fiq.fingerprint


def test_an_item_that_says_nothing_stays_a_query(folder):
    path = folder / "captions" / "cap.dress.val.json"
    items = json.loads(path.read_text())
    items[0]["captions"] = ["", " ."]
    path.write_text(json.dumps(items))
    for rule in ("joined", "both-orders", "separate"):
        with pytest.warns(UserWarning, match=r"1 of 2 queries .*'\(blank\)'"):
            fiq = read(folder, captions=rule)
        assert fiq.test.queries.modifications[0] == "(blank)"
        assert len(fiq.test.queries) == 2


@pytest.mark.parametrize("name", ["resized_images", "image_data"])
@pytest.mark.parametrize("inner", ["", "dress"])
def test_where_people_keep_the_images(folder, name, inner):
    expected = read(folder).fingerprint
    (folder / name).mkdir()
    (folder / "images").rename(folder / name / inner)
    assert read(folder).fingerprint == expected


def test_errors(folder):
    with pytest.raises(ValueError, match="`category` must be one of 'dress'"):
        read(folder, category="dresses")
    with pytest.raises(ValueError, match="`captions` must be one of 'joined'"):
        read(folder, captions="first")
    (folder / "images").rename(folder / "photos")
    with pytest.raises(FileNotFoundError, match="images, resized_images"):
        read(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"captions": ["one"]}, "`captions` must hold two texts"),
        ({"captions": "one two"}, "`captions` must be of type list"),
        ({"target": "B00X9"}, "which the split does not list"),
        ({"target": None}, "must be named by a string"),
        ({"candidate": 3}, "must be named by a string"),
        ({"captions": ["\ud800", "x"]}, "must be Unicode"),
    ],
)
def test_a_flawed_item_is_named_by_its_line(folder, change, message):
    path = folder / "captions" / "cap.dress.val.json"
    items = json.loads(path.read_text())
    path.write_text(
        "[\n"
        + ",\n".join(json.dumps(i) for i in [*items, items[0] | change])
        + "\n]"
    )
    with pytest.raises(ValueError, match=message) as error:
        read(folder)
    assert f"{path}, line 4: " in str(error.value)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["B00V1", "B00V1"], "entry 2: the images must be distinct"),
        ([], "at least one"),
        ({"B00V1": 1}, "a JSON list"),
        (["B00V1", 5], "entry 2: an image must be named by a string"),
    ],
)
def test_a_flawed_list_of_images(folder, names, message):
    path = folder / "image_splits" / "split.dress.val.json"
    path.write_text(json.dumps(names))
    with pytest.raises(ValueError, match=message) as error:
        read(folder)
    assert str(path) in str(error.value)
