"""Batches of (reference, modification, target) for training."""

import itertools
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from keras_cmr.datasets.tables import Split


def batches(
    split: Split,
    batch_size: int,
    *,
    tokenize: Callable[[Sequence[str]], np.ndarray] | None = None,
    group_size: int = 1,
    shuffle: bool = True,
    seed: int = 0,
    drop_remainder: bool = True,
    initial_epoch: int = 0,
) -> tf.data.Dataset:
    """Batches of training triplets; one pass over the dataset is one epoch.

    Every query appears exactly once in an epoch. Each time the dataset is
    iterated it gives the next epoch, in another order and with other target
    images drawn among those that carry the wanted content; equal seeds give
    equal sequences of epochs. `fit` looks at one batch of a new model before
    it trains, and that look counts as an epoch.

    Args:
        split: A `keras_cmr.datasets.Split`.
        batch_size: int. Number of queries in a batch.
        tokenize: Callable from a list of texts to an int array `(q, length)`,
            or `None` for `keras_cmr.models.Vocabulary(split.vocabulary)`.
            It is called once, with all texts.
        group_size: int. That many modifications of one reference stand next
            to each other (fewer if the reference has no more; a group on the
            edge of a batch is cut). `2` is the field's sampler for CSS.
            Defaults to `1`.
        shuffle: bool. If False, every epoch is the same: queries in the
            order of the table (grouped by reference if `group_size` > 1),
            each with the first of its target images. Defaults to `True`.
        seed: int, at least 0. Seed of order and target images.
        drop_remainder: bool. Drop the last, smaller batch of an epoch.
        initial_epoch: int. Number of the first epoch, to go on with a
            stopped run.

    Returns:
        A `tf.data.Dataset` of known cardinality, of dicts of `"reference"`
        and `"target"`, uint8 `(batch, height, width, 3)`; `"modification"`,
        int32 `(batch, length)`; `"reference_id"` and `"target_id"`, int32
        `(batch,)`, the content labels of the two images.
    """
    total = len(split.queries)
    _check_counts(batch_size, group_size, seed, initial_epoch)
    if batch_size > total:
        raise ValueError(
            "`batch_size` must be at most the number of queries of the split. "
            f"Received: batch_size={batch_size}, and the split "
            f"{split.name!r} has {total} queries."
        )
    tokens = _tokens(split, tokenize)
    epochs = itertools.count(initial_epoch)

    def one_epoch() -> Iterator[dict[str, np.ndarray]]:
        # The seed of an epoch depends on its number alone, so that a run can
        # go on at any epoch.
        random = np.random.default_rng([seed, next(epochs)])
        order = _order(
            split.queries.references, group_size, random if shuffle else None
        )
        for start in range(0, total, batch_size):
            queries = order[start : start + batch_size]
            if drop_remainder and len(queries) < batch_size:
                return
            yield _gather(split, tokens, queries, random if shuffle else None)

    rounded = total // batch_size if drop_remainder else -(-total // batch_size)
    size = batch_size if drop_remainder else None
    pixels = tf.TensorSpec((size, *split.images.pixels.shape[1:]), "uint8")
    label = tf.TensorSpec((size,), "int32")
    signature = {
        "reference": pixels,
        "modification": tf.TensorSpec((size, tokens.shape[1]), "int32"),
        "target": pixels,
        "reference_id": label,
        "target_id": label,
    }
    dataset = tf.data.Dataset.from_generator(
        one_epoch, output_signature=signature
    )
    return dataset.apply(
        tf.data.experimental.assert_cardinality(rounded)
    ).prefetch(2)


def _check_counts(batch_size, group_size, seed, initial_epoch):
    for name, value, least in (
        ("batch_size", batch_size, 1),
        ("group_size", group_size, 1),
        ("seed", seed, 0),
        ("initial_epoch", initial_epoch, 0),
    ):
        if not isinstance(value, (int, np.integer)) or value < least:
            raise ValueError(
                f"`{name}` must be an integer of at least {least}. "
                f"Received: {name}={value!r}"
            )


def _tokens(split, tokenize):
    if tokenize is None:
        from keras_cmr.models.vocabulary import Vocabulary

        tokenize = Vocabulary(split.vocabulary)
    tokens = np.asarray(tokenize(split.queries.modifications.tolist()))
    if tokens.ndim != 2 or len(tokens) != len(split.queries):
        raise ValueError(
            "`tokenize` must return one row of token ids per text, an array "
            f"of shape ({len(split.queries)}, length). Received an array of "
            f"shape {tokens.shape}."
        )
    if not np.issubdtype(tokens.dtype, np.integer):
        raise ValueError(
            "`tokenize` must return integer token ids. Received an array of "
            f"type {tokens.dtype}."
        )
    return tokens.astype("int32")


def _order(
    references: np.ndarray,
    group_size: int,
    random: np.random.Generator | None,
) -> np.ndarray:
    """Query indices in the order of an epoch; table order without `random`."""
    order = np.arange(len(references))
    if random is not None:
        order = random.permutation(order)
    if group_size == 1:
        return order
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
    return np.fromiter(itertools.chain.from_iterable(groups), int)


def _gather(split, tokens, queries, random):
    targets = [split.queries.targets[query] for query in queries]
    if random is None:
        chosen = np.array([images[0] for images in targets])
    else:
        counts = [len(images) for images in targets]
        chosen = np.array(
            [
                images[i]
                for images, i in zip(
                    targets, random.integers(counts), strict=True
                )
            ]
        )
    images = split.images
    references = split.queries.references[queries]
    return {
        "reference": split.reference_pixels[references],
        "modification": tokens[queries],
        "target": images.pixels[chosen],
        "reference_id": images.labels[references],
        "target_id": images.labels[chosen],
    }
