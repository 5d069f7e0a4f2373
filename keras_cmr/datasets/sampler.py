"""Samplers: training queries that are drawn anew in every epoch."""

import numpy as np


class Sampler:
    """Draws the training queries of an epoch from the images of a split.

    Fashion200k and MIT-States name no training queries: any two images of
    one product in two colours make one. A sampler holds the rule. Every
    image that can be a reference is one exactly once an epoch; what is drawn
    is the target and with it the text.

    A subclass sets `texts` and defines `__len__` and `draw`.

    Attributes:
        texts: Tuple of strings that stand for all texts it can draw: they
            hold every word, and one of them is at least as long as any that
            is drawn, whatever tokenizer cuts texts at blanks. The vocabulary
            and the width of token ids come from them.

    Example:

    ```python
    import numpy as np

    from keras_cmr.datasets.mit_states import AdjectiveSampler

    sampler = AdjectiveSampler(["old", "new"], ["car", "car"])
    sampler.draw(np.random.default_rng(0))  # [0, 1], ["new", "old"], [1, 0]
    ```
    """

    texts: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of queries in an epoch."""
        raise NotImplementedError

    def draw(
        self, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The queries of one epoch, in the order of the reference images.

        Args:
            random: `numpy.random.Generator`. Equal states, equal queries.

        Returns:
            Tuple of `references`, int32 `(n,)`; `modifications`, strings
            `(n,)`; `targets`, int32 `(n,)`: indices into the images.
        """
        raise NotImplementedError


class ImageGroups:
    """Images of equal name, to draw from.

    Args:
        names: Sequence of strings, one an image.

    Attributes:
        names: String array `(groups,)`, sorted and distinct.
        of_image: Int array `(images,)`, the group of each image.
    """

    def __init__(self, names):
        self.names, self.of_image = np.unique(
            np.asarray(names, str), return_inverse=True
        )
        self._images = np.argsort(self.of_image, kind="stable")
        self._counts = np.bincount(self.of_image, minlength=len(self.names))
        self._starts = np.cumsum(self._counts) - self._counts

    def draw(self, random, groups) -> np.ndarray:
        """An image of each of `groups`, all images of a group as likely."""
        place = random.integers(self._counts[groups])
        return self._images[self._starts[groups] + place].astype("int32")
