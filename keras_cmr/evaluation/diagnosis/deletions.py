"""Texts with a word, or the words of one purpose, left out."""

from typing import NamedTuple

from keras_cmr.words import split_words
from keras_cmr.words import word_spans

# What a reader takes in as one: the words that say which object is meant, and
# those that say what it shall be.
PHRASES = {
    "which object": ("position", "size", "colour", "shape", "object"),
    "what is new": ("new size", "new colour", "new shape"),
}


class Deletion(NamedTuple):
    """A text without some of its words.

    Args:
        text: str. What is left.
        word: str. The word left out, lower-cased; of a phrase, its name.
        role: str. Its class, or the name of the phrase.
        place: int. Which word of the text it was; -1 for a phrase.
    """

    text: str
    word: str
    role: str
    place: int


def deletions(text, roles):
    """All `Deletion`s of a text that leave at least one word.

    Args:
        text: str.
        roles: Function from a text to the role of each of its words.

    Returns:
        List of `Deletion`: each word, and each of `PHRASES` of which the text
        has two words or more.
    """
    spans, words, own = word_spans(text), split_words(text), roles(text)
    if len(words) < 2:
        return []
    made = [
        Deletion(_without(text, [span]), word, role, place)
        for place, (span, word, role) in enumerate(
            zip(spans, words, own, strict=True)
        )
    ]
    for name, among in PHRASES.items():
        phrase = [
            s for s, role in zip(spans, own, strict=True) if role in among
        ]
        if 1 < len(phrase) < len(words):
            made.append(Deletion(_without(text, phrase), name, name, -1))
    return made


def _without(text, spans):
    kept, start = [], 0
    for first, last in spans:
        kept.append(text[start:first])
        start = last
    return " ".join(" ".join([*kept, text[start:]]).split())
