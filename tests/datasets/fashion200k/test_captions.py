import pytest

from keras_cmr.datasets.fashion200k.captions import changed_words
from keras_cmr.datasets.fashion200k.captions import clean


def test_clean():
    assert clean(" s.oliver's a&b what? *new*\n") == (
        "sdotmarkoliver's aandmarkb whatquestionmark starmarknewstarmark"
    )


@pytest.mark.parametrize(
    ("reference", "target", "words"),
    [
        ("black lace dress", "red lace dress", ("black", "red")),
        # Where the words stand does not matter, nor do more that differ.
        ("black lace dress", "lace dress red", ("black", "red")),
        ("a b c", "c d e", ("a", "d")),
        ("long black dress", "long dress mini red", ("black", "mini")),
        # "red" in "tailored" is not the word.
        ("red coat", "tailored coat", ("red", "tailored")),
        ("grey shirt", "women shirt women", ("grey", "women")),
        # In the real queries: the second "women" is what is new.
        ("lee women grey tee", "lee women women tee", ("grey", "women")),
        ("lee women women tee", "lee women grey tee", ("women", "grey")),
        # One that is missing comes before one that is only repeated.
        ("red red new dress", "red blue dress", ("new", "blue")),
    ],
)
def test_first_words_that_differ(reference, target, words):
    assert changed_words(reference, target) == words


@pytest.mark.parametrize(
    ("reference", "target"),
    [
        ("black dress", "dress black"),
        ("black dress", "black lace dress"),
        ("black lace dress", "black dress"),
        ("red", "red red"),
        ("", "red"),
        ("red dress", "red dress"),
    ],
)
def test_no_word_differs(reference, target):
    with pytest.raises(ValueError, match=f"{reference!r} and {target!r}"):
        changed_words(reference, target)
