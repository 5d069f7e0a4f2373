import numpy as np
import pytest

from keras_cmr.datasets.css import generate
from keras_cmr.datasets.css.word_roles import named_position
from keras_cmr.datasets.css.word_roles import word_roles
from keras_cmr.evaluation.diagnosis.deletions import deletions
from keras_cmr.evaluation.diagnosis.groups import length_groups
from keras_cmr.evaluation.diagnosis.groups import scene_groups
from keras_cmr.evaluation.diagnosis.roles import general_roles
from keras_cmr.evaluation.diagnosis.scenes import read_scenes


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        (
            "make middle-left small gray object large",
            ["verb", "position", "size", "colour", "object", "new size"],
        ),
        ("make red object a circle", [
            "verb", "colour", "object", "other", "new shape",
        ]),
        ("Add large blue triangle to top-left!", [
            "verb", "new size", "new colour", "new shape", "other", "position",
        ]),
        ("remove small object", ["verb", "size", "object"]),
        ("make cube red", ["verb", "shape", "new colour"]),
        ("turn it red", ["other", "other", "colour"]),
        ("", []),
    ],
)  # fmt: skip
def test_roles_of_css(text, roles):
    assert word_roles(text) == roles


def test_every_word_of_generated_texts_has_a_role():
    texts = generate(scenes=30, image_size=32, verbose=0).train.queries
    for text in texts.modifications.tolist():
        others = {
            word
            for word, role in zip(text.split(), word_roles(text), strict=True)
            if role == "other"
        }
        assert others <= {"a", "to"}
        assert sum(r.startswith("new ") for r in word_roles(text)) == {
            "add": 3, "make": 1, "remove": 0,
        }[text.split()[0]]  # fmt: skip


def test_named_position():
    assert named_position("make top-left circle large") == "top-left"
    assert named_position("make circle large") == "none"
    assert named_position("top-left to top-right") == "several"


def test_deletions_by_hand():
    found = deletions("make small red circle large", word_roles)
    assert [tuple(d) for d in found] == [
        ("small red circle large", "make", "verb", 0),
        ("make red circle large", "small", "size", 1),
        ("make small circle large", "red", "colour", 2),
        ("make small red large", "circle", "shape", 3),
        ("make small red circle", "large", "new size", 4),
        ("make large", "which object", "which object", -1),
    ]


def test_what_is_left_keeps_its_punctuation():
    found = deletions("Is  longer, and is RED.", general_roles)
    assert [(d.text, d.word, d.role) for d in found] == [
        ("longer, and is RED.", "is", "function word"),
        ("Is , and is RED.", "longer", "comparison"),
        ("Is longer, is RED.", "and", "function word"),
        ("Is longer, and RED.", "is", "function word"),
        ("Is longer, and is .", "red", "colour"),
    ]


@pytest.mark.parametrize("text", ["red", "", "-"])
def test_no_text_is_left_empty(text):
    assert deletions(text, general_roles) == []


def test_slices_by_length():
    class Split:
        class queries:
            modifications = np.array(
                ["a", "a b", "a b c d", "a " * 9, "a " * 11]
            )

    assert length_groups(Split)["words"].tolist() == [
        "1", "2-3", "4-6", "7-10", "11 or more",
    ]  # fmt: skip


def test_slices_of_scenes():
    css = generate(scenes=20, image_size=32, verbose=0)
    scenes, shown = read_scenes(css.test.images), read_scenes(css.train.images)
    known = shown.combinations(np.arange(len(css.train.images)))
    groups = scene_groups(css.test, scenes, known)
    queries = css.test.queries
    positions = {p for p in groups["position"] if p != "none"}
    for text, position in zip(
        queries.modifications, groups["position"], strict=True
    ):
        assert {w for w in text.split() if "-" in w} == {position} - {"none"}
    assert positions
    # Circles come in every colour in both splits, other shapes in half.
    halves = ["gray", "blue", "brown", "yellow"]
    for i, change in enumerate(groups["changed object"]):
        before, after = (
            {tuple(sorted(o.items(), key=str)) for o in plain(css.test, image)}
            for image in (queries.references[i], queries.targets[i][0])
        )
        (thing,) = [dict(t) for t in (after - before or before - after)]
        seen = {
            "circle": True,
            "rectangle": thing["color"] in halves,
            "triangle": thing["color"] not in halves,
        }[thing["shape"]]
        assert change == ("seen" if seen else "novel")
    assert "changed object" not in scene_groups(css.test, scenes, None)
    assert groups["objects"].tolist() == [
        str(len(plain(css.test, image))) for image in queries.references
    ]


def plain(split, image):
    objects = split.images.metadata[int(image)]["objects"]
    return [{k: v for k, v in o.items() if k != "pos"} for o in objects]
