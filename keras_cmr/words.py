"""What a word is: for vocabularies, and for readers that open without Keras."""

import re
from collections.abc import Iterable

# "top-left" is one place, so a hyphen inside a word belongs to it.
WORD_PATTERN = r"[^\W_]+(?:[-'][^\W_]+)*"
_WORD = re.compile(WORD_PATTERN)


def split_words(text: str) -> list[str]:
    """Lower-cased words of `text`; punctuation is dropped."""
    return _WORD.findall(text.lower())


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where each of `split_words(text)` starts and ends in `text`."""
    return [match.span() for match in _WORD.finditer(text)]


def distinct_words(texts: Iterable[str]) -> tuple[str, ...]:
    """The sorted distinct words of `texts`."""
    return tuple(sorted({w for text in texts for w in split_words(text)}))
