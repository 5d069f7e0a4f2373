import json

import numpy as np
import pytest

from keras_cmr.datasets import load
from keras_cmr.evaluation import validate_cirr
from keras_cmr.evaluation import write_cirr
from tests.datasets.cirr.tree import TEST
from tests.datasets.cirr.tree import TRAIN
from tests.datasets.cirr.tree import VAL
from tests.datasets.cirr.tree import write


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "data")
    return tmp_path / "data"


def read(folder):
    with pytest.warns(UserWarning, match="1 of 2 queries .* 'test1'"):
        return load("cirr", folder, image_size=8, verbose=0)


def test_tables(folder):
    cirr = read(folder)
    assert [s.name for s in (cirr.train, cirr.test, cirr.server)] == [
        "train",
        "val",
        "test1",
    ]
    test = cirr.test
    assert test.images.ids.tolist() == VAL
    assert test.images.pixels[:][:, 0, 0, 0].tolist() == [
        0, 4, 8, 12, 16, 20, 24, 28,
    ]  # fmt: skip
    assert test.queries.ids.tolist() == ["11", "12"]
    assert test.queries.references.tolist() == [4, 1]
    assert test.queries.targets == ((2,), (3,))
    assert test.queries.modifications.tolist() == [
        "Fewer towels",
        "show façade",
    ]
    # Six members, the reference not among them any more.
    assert test.queries.subsets == ((0, 1, 2, 3, 5), (0, 2, 3, 4, 5))
    assert test.queries.kinds is None
    assert cirr.train.images.ids.tolist() == TRAIN
    assert test.vocabulary == ("it", "make", "red")
    server = cirr.server
    assert server.images.ids.tolist() == TEST
    assert server.queries.ids.tolist() == ["21", "22"]
    assert server.queries.targets == ((), ())
    assert server.queries.modifications.tolist() == [
        "mirror the image",
        "(blank)",
    ]
    assert cirr.protocols == ("cirr/val", "cirr/subset")


def test_where_people_keep_the_files(folder):
    expected = read(folder).fingerprint
    (folder / "img_raw").rename(folder / "images")
    assert read(folder).fingerprint == expected
    for part in (folder / "images").iterdir():
        part.rename(folder / part.name)
    (folder / "images").rmdir()
    assert read(folder).fingerprint == expected
    (folder / "cirr").mkdir()
    for name in ("captions", "image_splits"):
        (folder / name).rename(folder / "cirr" / name)
    assert read(folder).fingerprint == expected


def test_train_without_captions_is_none(folder):
    (folder / "captions" / "cap.rc2.train.json").unlink()
    assert read(folder).train is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pairid": 11}, "each `pairid` must occur once. Received: 11"),
        ({"pairid": "13"}, "`pairid` must be of type int"),
        ({"pairid": True}, "`pairid` must be of type int"),
        ({"target_hard": "dev-99-0-img0"}, "'dev-99-0-img0', which the split"),
        ({"reference": "../x"}, "below its folder"),
        ({"caption": ["a"]}, "`caption` must be of type str"),
        ({"img_set": [1]}, "`img_set` must be of type dict"),
        ({"img_set": {"members": [1]}}, "`members` must be a list of strings"),
        ({"img_set": {"members": VAL[:2] * 2}}, "must be distinct"),
        ({"img_set": {"members": ["x"]}}, "'x', which the split"),
    ],
)
def test_a_flawed_pair_is_named_by_its_line(folder, change, message):
    path = folder / "captions" / "cap.rc2.val.json"
    records = json.loads(path.read_text())
    flawed = records[0] | {"pairid": 13} | change
    lines = ",\n".join(map(json.dumps, [*records, flawed]))
    path.write_text(f"[\n{lines}\n]")
    with pytest.raises(ValueError, match=message) as error:
        load("cirr", folder, image_size=8, verbose=0)
    assert f"{path}, line 4: " in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "a JSON object of image name to path"),
        ({}, "at least one"),
        ({"dev-1": "./dev/../../x.png"}, "entry 1: .* below its folder"),
        ({"dev-1": 3}, "entry 1: an image must be named by a string"),
    ],
)
def test_a_flawed_list_of_images(folder, content, message):
    path = folder / "image_splits" / "split.rc2.val.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=message) as error:
        load("cirr", folder, image_size=8, verbose=0)
    assert str(path) in str(error.value)


def test_the_server_s_files_of_a_read_split(folder, tmp_path):
    server = read(folder).server
    candidates = np.random.default_rng(1).normal(size=(52, 8))
    # Each query looks like one image: that one comes first.
    recall, subset = write_cirr(
        server, candidates[[40, 2]], candidates, tmp_path
    )
    content = json.loads(recall.read_text())
    assert content["21"][0] == TEST[40] and content["22"][0] == TEST[2]
    assert json.loads(subset.read_text())["22"][0] == TEST[2]
    validate_cirr(recall, server)
