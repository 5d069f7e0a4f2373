import numpy as np
import pytest

from keras_cmr.evaluation.auditing import answers


def test_several_answers(make_split, make_pictures):
    queries = [(0, "one", (1,)), (0, "two", (1, 2)), (3, "four", (0, 1, 2, 4))]
    finding = answers.several_answers(
        make_split("test", make_pictures(range(5)), queries)
    )
    assert (finding.level, finding.count, finding.total) == ("note", 2, 3)
    assert "2.3 right images on average, 4 at most" in finding.text
    assert finding.examples == ("'two': 2 images", "'four': 4 images")


def test_one_answer_each(make_split, make_pictures):
    finding = answers.several_answers(make_split("t", make_pictures([0, 1])))
    assert (finding.level, finding.count) == ("ok", 0)


@pytest.mark.parametrize(
    ("reference", "targets", "spoilt"),
    [
        (0, (1,), True),  # image 3 is a copy of 1
        (0, (1, 3), False),  # both are right
        (3, (1,), False),  # the copy is the reference, which may be removed
        (0, (2,), False),
        (0, (2, 1), False),  # image 2 can still be found
    ],
)
def test_twins(make_split, make_pictures, reference, targets, spoilt):
    split = make_split(
        "test",
        make_pictures([0, 1, 2, 1]),
        [(reference, "this", targets), (0, "that", (2,))],
    )
    finding = answers.twin_answers(split, np.array([0, 1, 2, 1]))
    assert (finding.level == "note") == spoilt
    assert (finding.count, finding.total) == (int(spoilt), 2)
    if spoilt:
        assert "R@1 is at most 50.00 %" in finding.text
        assert finding.examples == ("'this': test1.png = test3.png",)


def test_reference_is_right(make_split, make_pictures):
    pixels = make_pictures(range(3))
    split = make_split("test", pixels, [(0, "a", (1,)), (0, "b", (1, 0))])
    finding = answers.reference_is_right(split)
    assert (finding.level, finding.count, finding.total) == ("note", 1, 2)
    assert finding.examples == ("'b'",)
    split = make_split("test", pixels, [(0, "a", (1,))])
    assert answers.reference_is_right(split).level == "ok"


def test_missing_images(make_split, make_pictures):
    split = make_split(
        "test",
        make_pictures(range(3)),
        [(0, "a", (1,))] * 3,
        missing=("x.jpg: missing", "y.jpg: missing"),
        lost_queries=1,
    )
    finding = answers.missing_images(split)
    assert (finding.level, finding.count, finding.total) == ("note", 2, 5)
    assert "1 of 4 queries are lost" in finding.text
    assert "0.7500 F (all" in finding.text
    assert "0.7500 F + 25.00 points" in finding.text
    assert finding.examples == split.missing


def test_nothing_missing(make_split, make_pictures):
    finding = answers.missing_images(make_split("test", make_pictures([0, 1])))
    assert (finding.level, finding.count, finding.total) == ("ok", 0, 2)
