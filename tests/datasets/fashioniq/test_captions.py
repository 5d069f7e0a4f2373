import pytest

from keras_cmr.datasets.fashioniq.captions import RULES
from keras_cmr.datasets.fashioniq.captions import corrected

TWO = ["is longer.", "has a red BELT,"]


@pytest.mark.parametrize(
    ("rule", "captions", "texts"),
    [
        ("joined", TWO, ["Is longer and has a red BELT"]),
        ("joined", ["Is RED? ", ". big"], ["Is red and big"]),
        ("joined", ["is ombré blue"], ["Is ombré blue"]),
        (
            "both-orders",
            TWO,
            [
                "is longer. and has a red BELT,",
                "has a red BELT, and is longer.",
            ],
        ),
        ("both-orders", ["is red"], ["is red"]),
        ("separate", TWO, TWO),
        ("separate", ["is red"], ["is red"]),
    ],
)
def test_rules(rule, captions, texts):
    assert RULES[rule](captions) == texts


def test_spelling():
    spelling = {"vneck": "v neck", "sleevless": "sleeveless", "is": "is"}
    text = "Is a Vneck, sleevless-dress (ombré) they’re"
    assert (
        corrected(text, spelling)
        == "is a v neck sleeveless dress ombré they’re"
    )
