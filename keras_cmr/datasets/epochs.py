"""The queries of an epoch of training, in the order of its batches."""

import itertools
from collections.abc import Callable
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from keras_cmr.datasets.hardness import HardNegatives
from keras_cmr.datasets.tables import Split

Tokenize = Callable[[Sequence[str]], np.ndarray]


class Epoch(NamedTuple):
    """One row a query: image indices `(q,)` and token ids `(q, length)`."""

    references: np.ndarray
    tokens: np.ndarray
    targets: np.ndarray


class TableEpochs:
    """Epochs of the queries in the table of a split.

    Args:
        split: A `keras_cmr.datasets.Split`.
        tokenize: Callable from a list of texts to an int array. It is called
            once.
        group_size: int. See `keras_cmr.datasets.batches`.
        batch_size: int. See `keras_cmr.datasets.batches`.
        hard_negatives: `HardNegatives` or `None`.
    """

    def __init__(
        self,
        split: Split,
        tokenize: Tokenize,
        group_size: int,
        batch_size: int = 1,
        hard_negatives: HardNegatives | None = None,
    ):
        if not all(split.queries.targets):
            raise ValueError(
                "`split` must hold the answer of every query to train on it. "
                f"Received: {split.name!r}, whose organisers keep answers to "
                "themselves"
            )
        self._queries = split.queries
        self._group_size = group_size
        self._batch_size = batch_size
        self._hard_negatives = hard_negatives
        self._tokens = _checked_tokens(
            tokenize, split.queries.modifications.tolist()
        )
        self.token_length = self._tokens.shape[1]

    def draw(self, random: np.random.Generator | None) -> Epoch:
        """The next epoch; without `random`, the table as it stands."""
        references = self._queries.references
        groups = _groups(references, self._group_size, random)
        hard = self._hard_negatives
        mined = hard is not None and hard.neighbours is not None
        if mined and random is not None:
            groups = hard.arrange(groups, self._batch_size)
        order = np.fromiter(itertools.chain.from_iterable(groups), int)
        if mined and random is not None:
            order = _shuffled_batches(order, self._batch_size, random)
        targets = [self._queries.targets[query] for query in order]
        if random is None:
            places = [0] * len(targets)
        else:
            places = random.integers([len(images) for images in targets])
        chosen = [images[i] for images, i in zip(targets, places, strict=True)]
        return Epoch(references[order], self._tokens[order], np.array(chosen))


class SampledEpochs:
    """Epochs that the sampler of a split draws.

    Args:
        split: A `keras_cmr.datasets.Split` with a sampler.
        tokenize: Callable from a list of texts to an int array. It is called
            for every epoch, always with the sampler's `texts` among the
            others, so that the rows of all epochs have one length.
    """

    def __init__(self, split: Split, tokenize: Tokenize):
        self._sampler = split.sampler
        self._tokenize = tokenize
        self._fixed = list(split.sampler.texts)
        self.token_length = _checked_tokens(tokenize, self._fixed).shape[1]

    def draw(self, random: np.random.Generator) -> Epoch:
        """The next epoch."""
        references, texts, targets = self._sampler.draw(random)
        distinct, rows = np.unique(texts, return_inverse=True)
        tokens = _checked_tokens(
            self._tokenize, [*distinct.tolist(), *self._fixed]
        )
        if tokens.shape[1] != self.token_length:
            raise ValueError(
                "`tokenize` must not give a drawn text more token ids than "
                "the longest of the sampler's `texts`, since batches have "
                f"one shape. Received: {tokens.shape[1]} ids, not "
                f"{self.token_length}"
            )
        order = random.permutation(len(references))
        return Epoch(references[order], tokens[rows[order]], targets[order])


def _checked_tokens(tokenize: Tokenize, texts: list[str]) -> np.ndarray:
    tokens = np.asarray(tokenize(texts))
    if tokens.ndim != 2 or len(tokens) != len(texts):
        raise ValueError(
            "`tokenize` must return one row of token ids per text, an array "
            f"of shape ({len(texts)}, length). Received an array of "
            f"shape {tokens.shape}."
        )
    if not np.issubdtype(tokens.dtype, np.integer):
        raise ValueError(
            "`tokenize` must return integer token ids. Received an array of "
            f"type {tokens.dtype}."
        )
    return tokens.astype("int32")


def _groups(
    references: np.ndarray,
    group_size: int,
    random: np.random.Generator | None,
) -> list[list[int]]:
    """Groups of query indices in the order of an epoch.

    Without `random`, the order of the table.
    """
    order = np.arange(len(references))
    if random is not None:
        order = random.permutation(order)
    if group_size == 1:
        return [[query] for query in order.tolist()]
    groups: list[list[int]] = []
    open_group: dict[int, list[int]] = {}
    # Groups are laid down where their first query stands, which in a shuffled
    # order is anywhere.
    for query in order.tolist():
        group = open_group.get(references[query])
        if group is None or len(group) == group_size:
            group = open_group[references[query]] = []
            groups.append(group)
        group.append(query)
    return groups


def _shuffled_batches(
    order: np.ndarray, batch_size: int, random: np.random.Generator
) -> np.ndarray:
    """Whole batches in another order: the last ones hold what was left."""
    whole = len(order) - len(order) % batch_size
    batches = random.permutation(order[:whole].reshape(-1, batch_size))
    return np.concatenate([batches.ravel(), order[whole:]])
