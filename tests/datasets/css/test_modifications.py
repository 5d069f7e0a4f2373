import pytest

from keras_cmr.datasets.css.modifications import Descriptors
from keras_cmr.datasets.css.modifications import kind
from keras_cmr.datasets.css.scenes import Thing

RED_CIRCLE = Thing(0, "small", "red", "circle")
RED_SQUARE = Thing(4, "small", "red", "rectangle")
BLUE_CIRCLE = Thing(8, "small", "blue", "circle")


def test_plain_descriptors_pick_one_object():
    found = Descriptors((RED_CIRCLE, RED_SQUARE, BLUE_CIRCLE)).plain
    assert set(found[RED_CIRCLE]) == {"red circle", "small red circle"}
    assert set(found[RED_SQUARE]) == {
        "rectangle",
        "small rectangle",
        "red rectangle",
        "small red rectangle",
    }
    assert set(found[BLUE_CIRCLE]) == {
        "blue object",
        "small blue object",
        "blue circle",
        "small blue circle",
    }


def test_equal_objects_have_positioned_descriptors_only():
    twins = (RED_CIRCLE, RED_CIRCLE._replace(cell=5))
    found = Descriptors(twins)
    assert found.plain == {}
    assert set(found.positioned[twins[1]]) == {
        "middle-right object",
        "middle-right small object",
        "middle-right red object",
        "middle-right small red object",
        "middle-right circle",
        "middle-right small circle",
        "middle-right red circle",
        "middle-right small red circle",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("add small red rectangle to top-center", "add"),
        ("remove red object", "remove"),
        ("remove top-left small gray circle", "remove at position"),
        ("make middle-left small gray object large", "make size at position"),
        ("make circle small", "make size"),
        ("make red object blue", "make colour"),
        ("make red object a circle", "make shape"),
        ("make top-left object a circle", "make shape at position"),
        ("Make red object cube", "make shape"),
        ("turn it upside down", "other"),
        ("make it nicer", "other"),
        ("", "other"),
    ],
)
def test_kind(text, expected):
    assert kind(text) == expected
