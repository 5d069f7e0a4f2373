import json

import pytest

from keras_cmr.datasets import load
from tests.datasets.shoes.tree import EVAL
from tests.datasets.shoes.tree import TRAIN
from tests.datasets.shoes.tree import write


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "shoes")
    return tmp_path / "shoes"


def read(folder):
    return load("shoes", folder, image_size=8, verbose=0)


def test_tables(folder):
    shoes = read(folder)
    assert (shoes.train.name, shoes.test.name) == ("train", "eval")
    assert shoes.server is None
    test = shoes.test
    # The gallery is the official list, in its order.
    assert test.images.ids.tolist() == EVAL
    reds = test.images.pixels[:][:, 0, 0, 0].tolist()
    assert reds == pytest.approx([0, 50, 100], abs=2)  # JPEG
    # `ImageName` is the target, `ReferenceImageName` the reference.
    assert test.queries.references.tolist() == [2, 0]
    assert test.queries.targets == ((0,), (1,))
    assert test.queries.modifications.tolist() == [
        "is darker in red",
        "is the same",
    ]
    assert test.queries.kinds is None and test.queries.ids is None
    assert shoes.train.images.ids.tolist() == TRAIN
    assert shoes.train.queries.references.tolist() == [1, 0]
    assert test.vocabulary == ("a", "has", "heel", "is", "lower", "shinier")
    assert shoes.protocols == ("shoes/kept", "shoes/removed")


def test_where_people_keep_the_images(folder):
    expected = read(folder).fingerprint
    (folder / "attributedata").rename(folder / "images")
    assert read(folder).fingerprint == expected
    for part in (folder / "images").iterdir():
        part.rename(folder / part.name)
    (folder / "images").rmdir()
    assert read(folder).fingerprint == expected


def test_an_eval_list_without_a_pair_is_an_error(folder):
    (folder / "eval_im_names.txt").write_text(EVAL[0])
    with pytest.raises(ValueError, match=r"relative_captions_shoes\.json must"):
        read(folder)


def test_a_shorter_copy_of_the_list_is_counted(folder):
    (folder / "eval_im_names.txt").write_text("\r\n".join(EVAL[:2]))
    with pytest.warns(UserWarning, match="1 of 4 pairs of .* are left out"):
        shoes = read(folder)
    assert shoes.test.images.ids.tolist() == EVAL[:2]
    assert shoes.test.queries.modifications.tolist() == ["is the same"]


def test_a_name_twice_counts_once(folder):
    path = folder / "eval_im_names.txt"
    path.write_text("\n".join([*EVAL, EVAL[1]]))
    with pytest.warns(UserWarning, match="names 1 of 3 images more than once"):
        shoes = read(folder)
    assert shoes.test.images.ids.tolist() == EVAL


def test_a_pair_across_the_lists_is_in_no_split(folder):
    path = folder / "relative_captions_shoes.json"
    pairs = json.loads(path.read_text())
    pairs[0]["ImageName"] = EVAL[0]
    path.write_text(json.dumps(pairs))
    with pytest.warns(UserWarning, match="1 of 4 pairs"):
        shoes = read(folder)
    assert len(shoes.train.queries) == 1 and len(shoes.test.queries) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ImageName": None}, "must be named by a string"),
        ({"ImageName": "a/b.jpg"}, "the name of its file alone"),
        ({"ReferenceImageName": "../b.jpg"}, "below its folder"),
        ({"RelativeCaption": 5}, "`RelativeCaption` must be of type str"),
    ],
)
def test_a_flawed_pair_is_named_by_its_line(folder, change, message):
    path = folder / "relative_captions_shoes.json"
    pairs = json.loads(path.read_text())
    lines = ",\n".join(map(json.dumps, [*pairs, pairs[0] | change]))
    path.write_text(f"[\n{lines}\n]")
    with pytest.raises(ValueError, match=message) as error:
        read(folder)
    assert f"{path}, line 6: " in str(error.value)


def test_a_flawed_list_is_named_by_its_line(folder):
    path = folder / "train_im_names.txt"
    path.write_text(f"{TRAIN[0]}\nwomens_boots/{TRAIN[1]}\n")
    with pytest.raises(ValueError, match=r"line 2: .* file alone"):
        read(folder)
    path.write_text("\n \n")
    with pytest.raises(ValueError, match="at least one image"):
        read(folder)
