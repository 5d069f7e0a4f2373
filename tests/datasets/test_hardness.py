"""Hard negatives by hand: six images on a circle, six queries."""

import types

import numpy as np
import pytest

from keras_cmr import datasets
from keras_cmr.datasets import HardNegatives
from keras_cmr.datasets import css


def split(labels=(0, 1, 2, 3, 4, 5)):
    """Query i wants image i and starts from image i + 1."""
    return types.SimpleNamespace(
        name="train",
        sampler=None,
        images=types.SimpleNamespace(labels=np.array(labels)),
        queries=types.SimpleNamespace(
            references=np.array([1, 2, 3, 4, 5, 0]),
            target_labels=np.array(labels),
            targets=tuple(
                tuple(np.flatnonzero(np.array(labels) == label).tolist())
                for label in labels
            ),
        ),
    )


def circle(*degrees):
    radians = np.radians(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], 1).astype("float32")


def test_nearest_wrong_images_of_each():
    hard = HardNegatives(split(), 2)
    images = circle(0, 20, 50, 90, 140, 200)
    hard.mine(images, images)
    # Of query 0, which wants 0 and starts from 1: 2 (50 degrees), 3 (90).
    assert hard.neighbours.tolist() == [
        [2, 3], [0, 3], [1, 0], [2, 1], [3, 2], [4, 3],
    ]  # fmt: skip


def test_accidental_hits_are_not_wrong():
    # Images 0 and 2 show the same.
    hard = HardNegatives(split((0, 1, 0, 3, 4, 5)), 2)
    images = circle(0, 20, 50, 90, 140, 200)
    hard.mine(images, images)
    assert hard.neighbours[0].tolist() == [3, 4]
    assert hard.neighbours[2].tolist() == [1, 4]


def test_fewer_than_asked_for():
    hard = HardNegatives(split(), 5)
    images = circle(0, 20, 50, 90, 140, 200)
    hard.mine(images, images)
    assert hard.neighbours[0].tolist() == [2, 3, 4, 5, -1]


def test_batches_hold_what_is_hard():
    hard = HardNegatives(split(), 1)
    groups = [[0], [1], [2], [3], [4], [5]]
    hard.neighbours = np.array([[5], [0], [4], [1], [2], [3]], "int32")
    # 0 calls 5, which calls 3; the batch is full, and 1 begins the next one:
    # 1 calls 0, which is gone, so 2 follows and calls 4.
    assert hard.arrange(groups, 3) == [[0], [5], [3], [1], [2], [4]]
    # 0 with 2 calls 5 and 4 with it; 1 is next in order, then 3.
    assert hard.arrange([[0, 2], [1], [3], [4, 5]], 4) == [
        [0, 2], [4, 5], [1], [3],
    ]  # fmt: skip


def test_an_epoch_still_has_every_query_once():
    train = css.generate(
        scenes=80, modifications=2, renders=1, image_size=32, verbose=0
    ).train
    hard = HardNegatives(train, 3)
    random = np.random.default_rng(0)
    vectors = random.normal(size=(len(train.images), 4)).astype("float32")
    queries = vectors[train.queries.references]

    def epochs(hard, first=0):
        batches = train.batches(
            7, group_size=2, hard_negatives=hard, initial_epoch=first,
            drop_remainder=False,
        )  # fmt: skip
        return [
            [batch["target_id"].numpy() for batch in batches] for _ in range(2)
        ]

    def labels(epoch):
        return sorted(np.concatenate(epoch).tolist())

    plain, before = epochs(None), epochs(hard)
    for one, other in zip(plain, before, strict=True):
        np.testing.assert_array_equal(
            np.concatenate(one), np.concatenate(other)
        )
    hard.mine(queries, vectors)
    mined = epochs(hard)
    for one, other in zip(plain, mined, strict=True):
        assert labels(one) == labels(other)
    np.testing.assert_array_equal(
        np.concatenate(epochs(hard, first=1)[0]), np.concatenate(mined[1])
    )

    def together(epoch):
        """How many wanted images of a batch are a batch-mate's neighbour."""
        of = {
            int(train.images.labels[row]): set(
                train.images.labels[hard.neighbours[query]].tolist()
            )
            for query, (row, *_) in enumerate(train.queries.targets)
        }
        return sum(
            len(of[label] & set(batch.tolist()))
            for batch in epoch
            for label in batch.tolist()
        )

    assert together(mined[0]) > 2 * together(plain[0])


def test_bad_arguments():
    with pytest.raises(ValueError, match="`count` must be a positive int"):
        HardNegatives(split(), 0)
    drawn = split()
    drawn.sampler = object()
    with pytest.raises(ValueError, match="queries are drawn anew"):
        HardNegatives(drawn, 2)
    one, other = (
        css.generate(scenes=2, renders=1, image_size=32, seed=i, verbose=0)
        for i in range(2)
    )
    with pytest.raises(ValueError, match="must be of this split"):
        one.train.batches(
            2, hard_negatives=datasets.HardNegatives(other.train, 1)
        )
