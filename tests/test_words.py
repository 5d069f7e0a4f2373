from keras_cmr.words import distinct_words
from keras_cmr.words import split_words
from keras_cmr.words import word_spans


def test_words():
    assert split_words("Make top-left, it's RED_2 - ombré!") == [
        "make", "top-left", "it's", "red", "2", "ombré",
    ]  # fmt: skip
    assert split_words(" _ - ") == []


def test_distinct_words_are_sorted():
    assert distinct_words(["b a", "A c!"]) == ("a", "b", "c")
    assert distinct_words([]) == ()


def test_where_words_stand():
    text = " make top-left, RED!"
    assert word_spans(text) == [(1, 5), (6, 14), (16, 19)]
    assert word_spans("-") == []
