import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from PIL import Image

from keras_cmr.datasets import load
from keras_cmr.datasets.mit_states import read

PATHS = (
    "ancient castle/a.jpg",
    "big castle/a.jpg",
    "big castle/b.JPG",
    "big car/c.jpg",
    "new car/d.jpg",
    "new car/e.jpg",
    "wet cat/f.jpg",
)


@pytest.fixture
def tree(tmp_path):
    for number, path in enumerate(PATHS):
        file = tmp_path / "images" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.full((9, 9, 3), 20 * number, "uint8")
        Image.fromarray(pixels).save(file)
    return tmp_path


def test_tables(tree):
    (tree / "images/adj castle").mkdir()
    (tree / "images/adj castle/x.jpg").touch()
    (tree / "images/big car/.DS_Store").touch()
    found = load("mit_states", tree, image_size=5, verbose=0)
    assert found.name == "mit_states"
    assert found.protocols == (
        "tirg/caption-match",
        "mit-states/adjective",
        "mit-states/noun",
    )
    test = found.test
    assert test.images.ids.tolist() == [*PATHS[:3]]
    assert test.images.captions.tolist() == [
        "ancient castle",
        "big castle",
        "big castle",
    ]
    assert test.images.labels.tolist() == [0, 1, 1]
    assert test.images.attributes["adjective"].tolist() == [
        "ancient",
        "big",
        "big",
    ]
    assert test.images.attributes["noun"].tolist() == ["castle"] * 3
    levels = test.images.pixels[:].mean(axis=(1, 2, 3))
    np.testing.assert_allclose(levels, [0, 20, 40], atol=3)
    queries = test.queries
    assert queries.references.tolist() == [0, 1, 2]
    assert queries.modifications.tolist() == ["big", "ancient", "ancient"]
    assert queries.kinds.tolist() == ["big", "ancient", "ancient"]
    assert queries.targets == ((1, 2), (0,), (0,))
    assert queries.targets[1] is queries.targets[2]
    assert queries.target_labels.tolist() == [1, 0, 0]
    assert queries.seen is None


def test_train_table_is_the_first_epoch(tree):
    train = read(tree, 5, verbose=0).train
    assert train.images.ids.tolist() == [*PATHS[3:]]
    # "wet cat" is the only cat.
    assert train.queries.references.tolist() == [0, 1, 2]
    assert train.queries.modifications.tolist() == ["new", "big", "big"]
    assert train.queries.kinds.tolist() == ["new", "big", "big"]
    assert [sorted(own) for own in train.queries.targets] == [[1, 2], [0], [0]]
    first, _, _ = (own[0] for own in train.queries.targets)
    drawn = train.sampler.draw(np.random.default_rng([0, 0]))
    assert drawn[2].tolist() == [first, 0, 0]
    assert train.vocabulary == ("big", "new")


def test_same_adjective(tree):
    train = read(tree, 5, verbose=0, same_adjective=True).train
    random = np.random.default_rng(0)
    texts = {str(train.sampler.draw(random)[1][0]) for _ in range(40)}
    assert texts == {"big", "new"}


def test_links_out_and_broken_files_are_counted(tree):
    secret = tree / "secret.jpg"
    secret.write_bytes(b"secret")
    images = tree / "images"
    os.remove(images / "big castle/b.JPG")
    (images / "big castle/b.JPG").symlink_to(secret)
    elsewhere = tree / "elsewhere"
    elsewhere.mkdir()
    (images / "old castle").symlink_to(elsewhere)
    (images / "new car/e.jpg").write_bytes(b"no picture")
    with pytest.warns(UserWarning, match="could not be read") as warned:
        found = read(tree, 5, verify=True, verbose=0)
    assert len(warned) == 2
    assert len(found.train.missing) == 1
    assert "e.jpg" in found.train.missing[0]
    assert found.train.lost_queries == 1
    # A picture, and a folder of which nobody knows how many.
    assert len(found.test.missing) == 2
    for line in found.test.missing:
        assert "a link that leads out of the folder" in line
    # Eight with the adjective of that folder.
    assert found.test.lost_queries == 6
    assert len(found.test.queries) == 2


def test_no_images(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"{tmp_path}/images"):
        read(tmp_path)
    (tmp_path / "images").mkdir()
    with pytest.raises(ValueError, match=f"{tmp_path}/images .* 0 images"):
        read(tmp_path)


def test_only_training_nouns(tree):
    (tree / "images/ancient castle").rename(tree / "images/ancient cat")
    (tree / "images/big castle").rename(tree / "images/big cat")
    with pytest.raises(ValueError, match="one of the 49 test nouns"):
        read(tree, 5, verbose=0)


NAMES = st.one_of(
    st.sampled_from(
        [b"old castle", b"old_castle", b"adj castle", b"old\xff castle", b"_"]
    ),
    st.binary(min_size=1, max_size=12).filter(
        lambda name: b"/" not in name and b"\0" not in name
    ),
).filter(lambda name: name not in (b".", b".."))


@settings(max_examples=60, deadline=None)
@given(folder=NAMES, file=NAMES, ending=st.sampled_from([b"", b".jpg"]))
def test_odd_names_are_read_or_named(tmp_path_factory, folder, file, ending):
    tree = tmp_path_factory.mktemp("odd")
    for path in PATHS:
        (tree / "images" / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / "images" / path).touch()
    odd = os.fsencode(tree / "images") + b"/" + folder
    os.makedirs(odd, exist_ok=True)
    open(odd + b"/" + file + ending, "wb").close()
    try:
        found = read(tree, 4, verbose=0)
        assert len(found.test.images) in (3, 4)
        assert len(found.train.images) in (4, 5)
    except ValueError as error:
        assert repr(os.fsdecode(folder))[1:-1] in str(error)


def test_a_link_in_a_circle(tree):
    (tree / "images/big castle/again.jpg").symlink_to(tree / "images")
    (tree / "images/big castle/self.jpg").symlink_to("self.jpg")
    (tree / "images/big castle/gone.jpg").symlink_to("nothing.jpg")
    assert len(read(tree, 5, verbose=0).test.images) == 3
