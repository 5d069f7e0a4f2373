"""Training queries of MIT-States: the same noun with another adjective."""

from collections.abc import Sequence

import numpy as np

from keras_cmr.datasets.sampler import ImageGroups
from keras_cmr.datasets.sampler import Sampler


class AdjectiveSampler(Sampler):
    """Draws a target of the reference's noun with another adjective.

    The adjective is drawn uniformly among the other ones of the noun, then
    an image of the two, uniformly; the text is the adjective. An image whose
    noun has one adjective only is no reference.

    Args:
        adjectives: Sequence of strings, one an image.
        nouns: Sequence of strings, one an image.
        same_adjective: bool. If True, the reference's own adjective is drawn
            as often as another, as in the reference code: the text then asks
            for what is there already, and the target may be the reference
            itself. Defaults to `False`.

    Reference:
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119), `datasets.py` of
      github.com/google/tirg
    """

    def __init__(
        self,
        adjectives: Sequence[str],
        nouns: Sequence[str],
        same_adjective: bool = False,
    ):
        self.same_adjective = same_adjective
        # Sorted, the pairs of a noun stand side by side.
        self._pairs = ImageGroups(
            [f"{n}\0{a}" for a, n in zip(adjectives, nouns, strict=True)]
        )
        pairs = [pair.split("\0") for pair in self._pairs.names.tolist()]
        self._adjectives = np.array([adjective for _, adjective in pairs], str)
        _, first, noun, counts = np.unique(
            np.array([noun for noun, _ in pairs], str),
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        self._first, self._choices = first[noun], counts[noun]
        changeable = self._choices > 1
        self._references = np.flatnonzero(
            changeable[self._pairs.of_image]
        ).astype("int32")
        self.texts = tuple(np.unique(self._adjectives[changeable]).tolist())

    def __len__(self) -> int:
        return len(self._references)

    def draw(self, random):
        own = self._pairs.of_image[self._references]
        first, choices = self._first[own], self._choices[own]
        if self.same_adjective:
            wanted = first + random.integers(choices)
        else:
            wanted = first + random.integers(choices - 1)
            wanted += wanted >= own
        return (
            self._references,
            self._adjectives[wanted],
            self._pairs.draw(random, wanted),
        )
