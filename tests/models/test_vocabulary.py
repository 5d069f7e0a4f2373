import numpy as np
import pytest

from keras_cmr.models import Vocabulary


def test_ids_padding_and_unknown_words():
    vocabulary = Vocabulary(["make", "red", "top-left"])
    tokens = vocabulary(["Make top-left RED!", "red", "blue, red"])
    np.testing.assert_array_equal(tokens, [[2, 4, 3], [3, 0, 0], [1, 3, 0]])
    assert tokens.dtype == np.int32
    assert len(vocabulary) == 5


def test_from_texts_is_sorted_and_keeps_letters_of_any_alphabet():
    vocabulary = Vocabulary.from_texts(["ombré dress", "a dress's hem"])
    assert vocabulary.words == ("a", "dress", "dress's", "hem", "ombré")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Vocabulary(["a", "a"]), ValueError, "must be distinct"),
        (lambda: Vocabulary(["a", ""]), ValueError, "non-empty strings"),
        (lambda: Vocabulary("abc"), ValueError, "sequence of non-empty"),
        (lambda: Vocabulary(["a"])(["a", " "]), ValueError, "position 1"),
        (lambda: Vocabulary(["a"])(["?!"]), ValueError, "at least one word"),
        (lambda: Vocabulary(["a"])([None]), ValueError, "Received: None"),
        (lambda: Vocabulary(["a"])("a"), TypeError, r"Write \['a'\]"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
