import dataclasses
import types

import pytest

from keras_cmr.evaluation.auditing.texts import caption_in_text
from keras_cmr.evaluation.auditing.texts import test_only_words as only_words

CAPTIONS = ["red dress", "Long, blue dress!", "blue", ""]


@pytest.mark.parametrize(
    ("text", "target", "leaks"),
    [
        ("long blue dress", 1, True),  # ComposeAE: the caption is the text
        ("turn it into a LONG blue dress please", 1, True),
        ("make the dress blue and long", 1, False),  # another order
        ("long blue dresses", 1, False),  # another word
        ("a red dress", 1, False),  # somebody else's caption
        ("blue", 2, True),
        ("make it blue", 2, False),  # one word may be asked for
        ("make it blue", 3, False),  # no caption
    ],
)
def test_caption_in_text(make_split, make_pictures, text, target, leaks):
    split = make_split(
        "test",
        make_pictures(range(4)),
        [(0, "make it long", (1,)), (0, text, (target, 0))],
        captions=CAPTIONS,
    )
    finding = caption_in_text(split)
    assert finding.level == ("leak" if leaks else "ok")
    assert (finding.count, finding.total) == (int(leaks), 2)
    assert finding.examples == ((repr(text),) if leaks else ())


def test_without_captions_nothing_is_claimed(make_split, make_pictures):
    split = make_split("test", make_pictures(range(2)), captions=["", " "])
    finding = caption_in_text(split)
    assert finding.level == "note"
    assert "no captions" in finding.text


@pytest.fixture
def splits(make_split, make_pictures):
    train = make_split(
        "train", make_pictures([0, 1]), [(0, "Make it red", (1,))]
    )

    def make(text, vocabulary, **own):
        test = make_split(
            "test", make_pictures([2, 3]), [(0, text, (1,))], vocabulary
        )
        return dataclasses.replace(train, **own), [test]

    return make


def test_words_that_only_test_texts_have(splits):
    finding = only_words(*splits("make it blue", ["blue", "it", "make", "red"]))
    assert (finding.level, finding.count, finding.total) == ("leak", 1, 4)
    assert finding.examples == ("blue",)


@pytest.mark.parametrize(
    ("text", "vocabulary"),
    [
        ("make it blue", ["it", "make", "red"]),  # an unknown word is no leak
        ("make it red", ["it", "make", "red"]),
        # Nobody knows where "green" is from, but it tells nothing of the test.
        ("make it red", ["green", "it", "make", "red"]),
    ],
)
def test_no_such_words(splits, text, vocabulary):
    assert only_words(*splits(text, vocabulary)).level == "ok"


def test_unknown_words_are_counted(splits):
    finding = only_words(*splits("make it big blue", ["it", "make", "red"]))
    assert "2 of 4 words of the test texts are not in" in finding.text


def test_words_of_every_held_out_split_count(splits, make_split, make_pictures):
    train, held_out = splits("make it red", ["blue", "it", "make", "red"])
    server = make_split(
        "server", make_pictures([2, 3]), [(0, "make it blue", ())]
    )
    finding = only_words(train, [*held_out, server])
    assert (finding.level, finding.examples) == ("leak", ("blue",))


@pytest.mark.parametrize("own", [{"missing": ("a",)}, {"lost_queries": 1}])
def test_no_proof_where_training_texts_are_lost(splits, own):
    pair = splits("make it blue", ["blue", "it", "make", "red"], **own)
    finding = only_words(*pair)
    assert (finding.level, finding.count) == ("note", 1)
    assert "no proof" in finding.text


def test_no_proof_without_a_training_split(splits):
    _, held_out = splits("make it blue", ["blue", "it", "make", "red"])
    assert only_words(None, held_out).level == "note"
    _, held_out = splits("make it blue", [])
    assert only_words(None, held_out).level == "ok"


def test_what_a_sampler_can_draw_is_a_training_text(splits):
    # The table of such a split holds the queries of one epoch only.
    train, held_out = splits("make it blue", ["blue", "it", "make", "red"])
    fields = {name: getattr(train, name) for name in vars(train)}
    drawn = types.SimpleNamespace(
        **{**fields, "sampler": types.SimpleNamespace(texts=("blue",))}
    )
    assert only_words(drawn, held_out).level == "ok"
