import pytest
from PIL import Image

from keras_cmr.datasets import ImageFiles
from keras_cmr.evaluation.auditing.copies import contents
from keras_cmr.evaluation.auditing.copies import copy_findings
from keras_cmr.evaluation.auditing.copies import copy_groups


def look(**splits):
    numbers = contents(splits)
    groups = copy_groups(numbers)
    across, within = copy_findings(splits, groups)
    return numbers, [group.images for group in groups], across, within


def test_nothing_to_find(make_split, make_pictures):
    numbers, groups, across, within = look(
        train=make_split("train", make_pictures([0, 1])),
        test=make_split("test", make_pictures([2, 3])),
    )
    assert [own.tolist() for own in numbers.values()] == [[0, 1], [2, 3]]
    assert groups == []
    assert (across.level, across.count, across.total) == ("ok", 0, 2)
    assert (within.level, within.count, within.total) == ("ok", 0, 4)


def test_across_the_border_is_a_leak(make_split, make_pictures):
    _, groups, across, within = look(
        train=make_split("train", make_pictures([0, 1])),
        test=make_split("test", make_pictures([2, 1, 1])),
    )
    assert groups == [(("train", 1), ("test", 1), ("test", 2))]
    assert (across.level, across.count, across.total) == ("leak", 2, 3)
    assert across.examples[0] == "test:test1.png = train:train1.png"
    assert (within.level, within.count) == ("note", 1)


def test_within_a_split_is_a_note(make_split, make_pictures):
    _, groups, across, within = look(
        train=make_split("train", make_pictures([0, 1, 0, 0])),
        test=make_split("test", make_pictures([2, 3])),
    )
    assert groups == [(("train", 0), ("train", 2), ("train", 3))]
    assert across.level == "ok"
    assert (within.level, within.count, within.total) == ("note", 2, 6)
    assert within.examples == (
        "train:train0.png = train:train2.png = train:train3.png",
    )


def test_test_and_server_may_search_the_same_images(make_split, make_pictures):
    shared = make_pictures([2, 3])
    splits = {
        "test": make_split("test", shared),
        "server": make_split("server", shared),
    }
    _, groups, across, within = look(**splits)
    assert groups == [] and across.level == within.level == "ok"
    # With a training image it is a copy, and both are held out.
    train = make_split("train", make_pictures([3, 9]))
    _, groups, across, _ = look(train=train, **splits)
    assert groups == [(("train", 0), ("test", 1), ("server", 1))]
    assert (across.level, across.count, across.total) == ("leak", 2, 4)


@pytest.fixture
def files(tmp_path, make_pictures):
    def save(name, seed, **how):
        path = tmp_path / name
        Image.fromarray(make_pictures([seed])[0]).save(path, **how)
        return path

    return save


def test_files_are_compared_by_their_bytes(files, make_split):
    first, twin = files("a.png", 0), files("b.png", 0)
    other = files("c.png", 0, compress_level=0)  # same pixels, other bytes
    _, groups, _, _ = look(
        test=make_split("test", ImageFiles([first, twin, other], 24))
    )
    assert groups == [(("test", 0), ("test", 1))]
