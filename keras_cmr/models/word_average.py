"""Texts as averages of word vectors: any words, no training, no network."""

import hashlib

import keras
import numpy as np

from keras_cmr.models.vocabulary import checked_texts
from keras_cmr.models.word_vectors import word_table
from keras_cmr.words import split_words


class WordAverage:
    """Embeds a text as the weighted mean of its words' vectors.

    A word weighs `smoothing / (smoothing + frequency)`, so that "the" counts
    for little. Frequencies are those of Zipf's law: the words of a package
    come in the order of theirs. Words that it lacks are left out; a text of
    nothing else is an error.

    Args:
        package: str. As of `keras_cmr.models.word_vectors.word_table`.
        smoothing: float. Defaults to `1e-3`.

    Reference:
    - [Arora et al., 2017](https://openreview.net/forum?id=SyK00v5xx), smooth
      inverse frequency
    """

    def __init__(self, package, smoothing=1e-3):
        self.package = package
        self.smoothing = smoothing
        self._vectors, self._rows = word_table(package)
        self._harmonic = np.log(len(self._rows)) + np.euler_gamma

    def __call__(self, texts):
        """Float32 array `(n, dim)`, rows of length 1."""
        rows = np.stack([self._mean(text) for text in checked_texts(texts)])
        return keras.utils.normalize(rows.astype("float32"))

    def knows(self, text):
        """Whether the package has any word of a text."""
        return bool(self._words(text))

    def identity(self):
        """Bytes that change with the embeddings."""
        digest = hashlib.sha256(f"{self.package} {self.smoothing}".encode())
        digest.update(np.ascontiguousarray(self._vectors[:1000]).tobytes())
        return digest.digest()

    def _mean(self, text):
        words = self._words(text)
        if not words:
            raise ValueError(
                f"`text` must hold a word that {self.package} knows. "
                f"Received: {text!r}"
            )
        rows = np.array([self._rows[word] for word in words])
        frequencies = 1 / ((rows + 1) * self._harmonic)
        weights = self.smoothing / (self.smoothing + frequencies)
        return weights @ self._vectors[rows] / weights.sum()

    def _words(self, text):
        # "top-left" is one word of ours and two of theirs.
        return [w for word in split_words(text) for w in self._known(word)]

    def _known(self, word):
        if word in self._rows:
            return [word]
        return [part for part in word.split("-") if part in self._rows]
