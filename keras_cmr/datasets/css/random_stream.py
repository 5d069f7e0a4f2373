"""A stream of random integers that is the same on every machine."""

from collections.abc import Sequence

import numpy as np

_BLOCK = 4096


class RandomStream:
    """Random choices made with integers only.

    NumPy promises that the raw output of `PCG64` never changes for a seed;
    it promises no such thing for `Generator.choice` or `permutation`, so
    the choices are made here. Their bias, below `n / 2**32`, is of no
    account for the small `n` of this benchmark.

    Args:
        seed: Sequence of non-negative ints. Different sequences give
            independent streams.
    """

    def __init__(self, seed: Sequence[int]):
        self._source = np.random.PCG64(list(seed))
        self._numbers: list[int] = []

    def below(self, n: int) -> int:
        """A number in `0..n - 1`."""
        if not self._numbers:
            self._numbers = self._source.random_raw(_BLOCK).tolist()
        return ((self._numbers.pop() >> 32) * n) >> 32

    def between(self, low: int, high: int) -> int:
        """A number in `low..high`."""
        return low + self.below(high - low + 1)

    def choose(self, items: Sequence):
        """One of `items`."""
        return items[self.below(len(items))]

    def sample(self, items: Sequence, count: int) -> list:
        """`count` different ones of `items`."""
        rest = list(items)
        return [rest.pop(self.below(len(rest))) for _ in range(count)]
