"""Words to token ids, in plain Python so that every backend shares it."""

from collections.abc import Iterable
from collections.abc import Sequence

import numpy as np

from keras_cmr.words import distinct_words
from keras_cmr.words import split_words

PADDING = 0
UNKNOWN = 1


def checked_texts(texts: Sequence[str]) -> list[str]:
    """`texts` as a list, or the error that says which one is no text."""
    if isinstance(texts, str):
        raise TypeError(
            "`texts` must be a sequence of strings, not one string. "
            f"Received: texts={texts!r}. Write [{texts!r}]."
        )
    texts = list(texts)
    for i, text in enumerate(texts):
        if not isinstance(text, str) or not split_words(text):
            raise ValueError(
                "Each modification must be a text with at least one "
                f"word. Received: {text!r} at position {i}."
            )
    return texts


def padded(rows: Sequence[Sequence[int]], length: int, value: int):
    """Int32 array `(len(rows), length)`, filled up on the right."""
    tokens = np.full((len(rows), length), value, "int32")
    for row, ids in zip(tokens, rows, strict=True):
        row[: len(ids)] = ids
    return tokens


class Vocabulary:
    """The words of the training texts, as token ids.

    Id 0 is padding and 1 stands for every unknown word; `words[i]` has id
    `i + 2`. Build it from *training* texts only: a word of the test split in
    the vocabulary is a leak.

    Args:
        words: Iterable of distinct, non-empty strings; the order is kept.

    Example:

    ```python
    import keras_cmr

    vocabulary = keras_cmr.models.Vocabulary(["make", "red"])
    vocabulary(["make it red", "Red!"])  # [[2, 1, 3], [3, 0, 0]]
    ```
    """

    def __init__(self, words: Iterable[str]):
        self.words = tuple(words)
        self._ids = {word: i + 2 for i, word in enumerate(self.words)}
        if isinstance(words, str) or not all(
            isinstance(word, str) and word for word in self.words
        ):
            raise ValueError(
                "`words` must be a sequence of non-empty strings. "
                f"Received: words={words!r}"
            )
        if len(self._ids) != len(self.words):
            raise ValueError(
                "`words` must be distinct. Received "
                f"{len(self.words)} words, {len(self._ids)} of them distinct."
            )

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> "Vocabulary":
        """The sorted distinct words of `texts`."""
        return cls(distinct_words(texts))

    def __len__(self) -> int:
        """Number of token ids, padding and unknown included."""
        return len(self.words) + 2

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Token ids of `texts`.

        Args:
            texts: Sequence of `n` strings, each with at least one word.

        Returns:
            Int32 array `(n, length)`, right-padded with 0 to the longest.
        """
        rows = [
            [self._ids.get(word, UNKNOWN) for word in split_words(text)]
            for text in checked_texts(texts)
        ]
        return padded(rows, max(map(len, rows), default=1), PADDING)
