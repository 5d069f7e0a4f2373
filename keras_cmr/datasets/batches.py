"""Batches of (reference, modification, target) for training."""

import itertools
from collections.abc import Callable
from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from keras_cmr.datasets.epochs import SampledEpochs
from keras_cmr.datasets.epochs import TableEpochs
from keras_cmr.datasets.epochs import Tokenize
from keras_cmr.datasets.hardness import HardNegatives
from keras_cmr.datasets.python_exit import ends_with_python
from keras_cmr.datasets.tables import Split


def batches(
    split: Split,
    batch_size: int,
    *,
    tokenize: Tokenize | None = None,
    group_size: int = 1,
    shuffle: bool = True,
    seed: int = 0,
    drop_remainder: bool = True,
    initial_epoch: int = 0,
    augment: Callable | None = None,
    hard_negatives: HardNegatives | None = None,
) -> tf.data.Dataset:
    """Batches of training triplets; one pass over the dataset is one epoch.

    Every query appears exactly once in an epoch. Each time the dataset is
    iterated it gives the next epoch, in another order and with other target
    images drawn among those that carry the wanted content; equal seeds give
    equal sequences of epochs. Keras' `fit` looks at one batch for a new model
    before it trains, which counts as an epoch; on TensorFlow a
    `ComposedRetriever` spares it that.

    A split with a sampler (Fashion200k, MIT-States) gets the queries of each
    epoch from it: every image that can be a reference is one exactly once.

    Image files are decoded in parallel, and the next two batches are made
    while one is used.

    Args:
        split: A `keras_cmr.datasets.Split`.
        batch_size: int. Number of queries in a batch.
        tokenize: Callable from a list of texts to an int array `(q, length)`,
            or `None` for `keras_cmr.models.Vocabulary(split.vocabulary)`.
            It is called once, with all texts; with a sampler, for every
            epoch.
        group_size: int. That many modifications of one reference stand next
            to each other (fewer if the reference has no more; a group on the
            edge of a batch is cut). `2` is the field's sampler for CSS. With
            a sampler there is one modification of a reference.
            Defaults to `1`.
        shuffle: bool. If False, every epoch is the same: queries in the
            order of the table (grouped by reference if `group_size` > 1),
            each with the first of its target images. Defaults to `True`.
        seed: int, at least 0. Seed of order, target images and sampler.
        drop_remainder: bool. Drop the last, smaller batch of an epoch.
        initial_epoch: int. Number of the first epoch, to go on with a
            stopped run.
        augment: Keras layer or callable from image batches to image batches
            of the same shape, or `None`. It is called by `tf.data` on the
            uint8 references and, on its own, on the targets; a Keras layer
            with `training=True`. What it returns is rounded to uint8. Its
            random state is its own: `seed` and `initial_epoch` do not set
            it. Defaults to `None`.
        hard_negatives: `HardNegatives` of this split, or `None`. Once it has
            mined, the queries of a batch want images that are hard for each
            other. What it holds when an epoch begins counts.

    Returns:
        A `tf.data.Dataset` of known cardinality, of dicts of `"reference"`
        and `"target"`, uint8 `(batch, height, width, 3)`; `"modification"`,
        int32 `(batch, length)`; `"reference_id"` and `"target_id"`, int32
        `(batch,)`, the content labels of the two images.
    """
    sampled = split.sampler is not None and shuffle
    total = len(split.sampler if sampled else split.queries)
    _check_counts(batch_size, group_size, seed, initial_epoch)
    if batch_size > total:
        raise ValueError(
            "`batch_size` must be at most the number of queries of the split. "
            f"Received: batch_size={batch_size}, and the split "
            f"{split.name!r} has {total} queries."
        )
    if augment is not None and not callable(augment):
        raise ValueError(
            "`augment` must be a Keras layer, a callable or `None`. "
            f"Received: augment={augment!r}"
        )
    if hard_negatives is not None and hard_negatives.split is not split:
        raise ValueError(
            "`hard_negatives` must be of this split. Received: those of "
            f"{hard_negatives.split.name!r}"
        )
    if tokenize is None:
        from keras_cmr.models.vocabulary import Vocabulary

        tokenize = Vocabulary(split.vocabulary)
    if sampled:
        source = SampledEpochs(split, tokenize)
    else:
        source = TableEpochs(
            split, tokenize, group_size, batch_size, hard_negatives
        )
    epochs = itertools.count(initial_epoch)

    def one_epoch() -> Iterator[dict[str, np.ndarray]]:
        # The seed of an epoch depends on its number alone, so that a run can
        # go on at any epoch.
        random = np.random.default_rng([seed, next(epochs)])
        epoch = source.draw(random if shuffle else None)
        for start in range(0, total, batch_size):
            rows = slice(start, start + batch_size)
            references = epoch.references[rows]
            if drop_remainder and len(references) < batch_size:
                return
            targets = epoch.targets[rows]
            yield {
                "reference": split.reference_pixels[references],
                "modification": epoch.tokens[rows],
                "target": split.images.pixels[targets],
                "reference_id": split.images.labels[references],
                "target_id": split.images.labels[targets],
            }

    rounded = total // batch_size if drop_remainder else -(-total // batch_size)
    size = batch_size if drop_remainder else None
    images = split.images.pixels
    pixels = tf.TensorSpec((size, *images.shape[1:]), images.dtype)
    label = tf.TensorSpec((size,), "int32")
    signature = {
        "reference": pixels,
        "modification": tf.TensorSpec((size, source.token_length), "int32"),
        "target": pixels,
        "reference_id": label,
        "target_id": label,
    }
    dataset = tf.data.Dataset.from_generator(
        ends_with_python(one_epoch), output_signature=signature
    ).apply(tf.data.experimental.assert_cardinality(rounded))
    if augment is not None:
        dataset = dataset.map(_augmented(augment, pixels.shape))
    # Nothing here is left to tune.
    options = tf.data.Options()
    options.autotune.enabled = False
    # There are no files to give to workers: each takes its rows of a batch.
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.DATA
    )
    return dataset.prefetch(2).with_options(options)


def _augmented(augment: Callable, shape: tf.TensorShape) -> Callable:
    training = (
        {"training": True} if isinstance(augment, keras.layers.Layer) else {}
    )

    def images(pixels):
        changed = augment(pixels, **training)
        if changed.dtype != tf.uint8:
            changed = tf.clip_by_value(tf.round(changed), 0, 255)
            changed = tf.cast(changed, "uint8")
        return tf.ensure_shape(changed, shape)

    def batch(rows):
        return {
            **rows,
            "reference": images(rows["reference"]),
            "target": images(rows["target"]),
        }

    return batch


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
