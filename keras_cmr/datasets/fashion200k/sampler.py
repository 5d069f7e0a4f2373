"""Training queries of Fashion200k: captions that differ in one word."""

import itertools
from collections.abc import Sequence

import numpy as np

from keras_cmr.datasets.fashion200k.captions import replacement
from keras_cmr.datasets.sampler import ImageGroups
from keras_cmr.datasets.sampler import Sampler


class ParentCaptionSampler(Sampler):
    """Draws a target whose caption shares a parent with the reference's.

    A *parent* of a caption is what is left without one of its words. The
    draw is that of the reference code: one of the parents that lead to
    another word, uniformly; one of its captions with another word; one of
    the images of that caption. The text is "replace A with B".

    The reference code takes a word away by its letters ("red" also out of
    "tailored") and lets two orders of the same words be a pair, between
    which no word differs. Here a word is a word, and such a pair is none.

    Args:
        captions: Sequence of strings, one an image.

    Reference:
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119), `datasets.py` of
      github.com/google/tirg
    """

    def __init__(self, captions: Sequence[str]):
        self._images = ImageGroups(captions)
        words, rows = _ways(self._images.names.tolist())
        self._words = np.array(words, str)
        self._captions, *bounds = np.array(rows, int).reshape(-1, 5).T
        self._bounds = np.stack(bounds)
        total = len(self._images.names)
        self._by_caption = np.argsort(self._captions, kind="stable")
        self._counts = np.bincount(self._captions, minlength=total)
        self._starts = np.cumsum(self._counts) - self._counts
        modifiable = self._counts[self._images.of_image] > 0
        self._references = np.flatnonzero(modifiable).astype("int32")
        self.texts = tuple(
            replacement(word, word) for word in np.unique(self._words).tolist()
        )

    def __len__(self) -> int:
        return len(self._references)

    def draw(self, random):
        captions = self._images.of_image[self._references]
        number = random.integers(self._counts[captions])
        way = self._by_caption[self._starts[captions] + number]
        first, end, own_first, own_end = self._bounds[:, way]
        own = own_end - own_first
        other = first + random.integers(end - first - own)
        other += np.where(other >= own_first, own, 0)
        targets = self._images.draw(random, self._captions[other])
        pairs = zip(
            self._words[way].tolist(),
            self._words[other].tolist(),
            strict=True,
        )
        texts = np.array([replacement(*pair) for pair in pairs], str)
        return self._references, texts, targets


def _ways(captions: list[str]) -> tuple[list[str], list[tuple[int, ...]]]:
    """Each way to take a word out of a caption that leads to another word.

    Returns:
        Tuple of the words taken out, one a way, and of tuples of the caption,
        first and end of the ways that share the parent, first and end of
        those among them that share the word too.
    """
    parents: dict[str, set[tuple[str, int]]] = {}
    for number, caption in enumerate(captions):
        words = caption.split()
        for i, word in enumerate(words):
            parent = " ".join(words[:i] + words[i + 1 :])
            parents.setdefault(parent, set()).add((word, number))
    taken: list[str] = []
    rows: list[tuple[int, ...]] = []
    for parent in sorted(parents):
        children = sorted(parents[parent])
        if children[0][0] == children[-1][0]:
            continue
        first = own_first = len(rows)
        for word, block in itertools.groupby(children, lambda pair: pair[0]):
            numbers = [number for _, number in block]
            own = own_first, own_first + len(numbers)
            taken.extend([word] * len(numbers))
            rows.extend(
                (number, first, first + len(children), *own)
                for number in numbers
            )
            own_first = own[1]
    return taken, rows
