"""Soft triplet against loops over anchors, positives and negatives."""

import math

import numpy as np
import pytest

from keras_cmr import losses
from tests.testing import gradient
from tests.testing import numpy
from tests.testing import run_loss_test


def triplet_terms(labels, embeddings):
    """For each anchor, the list of its terms: plain loops."""
    batch = len(labels)
    vectors = [*embeddings[:, 0], *embeddings[:, 1]]
    terms = []
    for a in range(2 * batch):
        positive = vectors[(a + batch) % (2 * batch)]
        own = float(np.sum((vectors[a] - positive) ** 2))
        terms.append([])
        for n in range(2 * batch):
            if labels[n % batch] != labels[a % batch]:
                other = float(np.sum((vectors[a] - vectors[n]) ** 2))
                terms[a].append(math.log(1 + math.exp(own - other)))
    return terms


def flat(lists):
    return [value for values in lists for value in values]


def batch_of(labels, seed=0, dim=5):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(len(labels), 2, dim)).astype("float32")


@pytest.mark.parametrize("labels", [[0, 1], [0, 1, 2, 1], [3, 3, 3, 5]])
def test_all_triplets_by_loops(labels):
    embeddings = batch_of(labels)
    terms = flat(triplet_terms(labels, embeddings))
    loss = losses.SoftTriplet(num_triplets=None)(np.array(labels), embeddings)
    np.testing.assert_allclose(loss, np.mean(terms), rtol=1e-5)


def test_two_rows_by_hand():
    # Queries 0 and 3, targets 1 and 5, on a line. Squared distances: own 1
    # and 4; anchors 0, 3, 1, 5 to their two negatives each.
    embeddings = np.array([[[0], [1]], [[3], [5]]], "float32")
    gaps = [1 - 9, 1 - 25, 4 - 9, 4 - 4, 1 - 4, 1 - 16, 4 - 25, 4 - 16]
    value = sum(math.log(1 + math.exp(g)) for g in gaps) / 8
    loss = losses.SoftTriplet()(np.array([0, 1]), embeddings)
    np.testing.assert_allclose(loss, value, rtol=1e-6)


@pytest.mark.parametrize("num_triplets", [1, 3, 4])
def test_each_anchor_gives_that_many_of_its_own_terms(num_triplets):
    labels = [0, 1, 2, 3]
    embeddings = batch_of(labels, dim=2)
    terms = triplet_terms(labels, embeddings)
    loss = losses.SoftTriplet(num_triplets, seed=3, reduction=None)
    rows = numpy(loss(np.array(labels), embeddings))
    # Rows are weighted by batch / triplets; all 8 anchors have 6 negatives.
    sums = rows * (8 * num_triplets) / 4
    for row, total in enumerate(sums):
        choices = [
            sum(query) + sum(target)
            for query in combinations(terms[row], num_triplets)
            for target in combinations(terms[row + 4], num_triplets)
        ]
        assert np.min(np.abs(np.array(choices) - total)) < 1e-4


def combinations(values, size):
    if size == 0:
        return [[]]
    return [
        [value, *rest]
        for i, value in enumerate(values)
        for rest in combinations(values[i + 1 :], size - 1)
    ]


def test_draw_is_uniform_over_negatives_and_seeds():
    loss = losses.SoftTriplet(1, seed=0)
    negatives = np.ones((8, 8), "bool")
    np.fill_diagonal(negatives, False)
    counts = np.zeros((8, 8))
    for seed in range(300):
        loss.seed = seed
        drawn = numpy(loss._draw(negatives))
        assert (drawn.sum(1) == 1).all()
        counts += drawn
    assert not counts.diagonal().any()
    # 300 / 7 = 43 expected in each cell, standard deviation 6.
    assert counts[negatives].min() > 15
    assert counts[negatives].max() < 75


def test_few_negatives_give_what_they_have():
    labels = np.array([0, 0, 0, 1])
    embeddings = batch_of(labels)
    terms = triplet_terms(labels, embeddings)
    assert [len(t) for t in terms] == [2, 2, 2, 6, 2, 2, 2, 6]
    value = losses.SoftTriplet(6)(labels, embeddings)
    np.testing.assert_allclose(value, np.mean(flat(terms)), rtol=1e-5)


def test_same_seed_same_draw_and_another_seed_another():
    labels = np.arange(16)
    embeddings = batch_of(labels)
    first = losses.SoftTriplet(seed=1)
    values = [float(first(labels, embeddings)) for _ in range(2)]
    revived = losses.SoftTriplet.from_config(first.get_config())
    assert values[0] == values[1] == float(revived(labels, embeddings))
    assert float(losses.SoftTriplet(seed=2)(labels, embeddings)) != values[0]


@pytest.mark.parametrize("num_triplets", [None, 3])
@pytest.mark.parametrize("scale", [0.0, 1.0, 100.0])
@pytest.mark.parametrize("labels", [[0], [0, 0, 0], [0, 1], [0, 1, 0]])
def test_value_and_gradient_are_finite(labels, scale, num_triplets):
    loss = losses.SoftTriplet(num_triplets)
    embeddings = scale * batch_of(labels)
    labels = np.array(labels)
    value = numpy(loss(labels, embeddings))
    slope = gradient(lambda x: loss(labels, x), embeddings)
    assert np.isfinite(value)
    assert np.isfinite(slope).all()
    if len(set(labels.tolist())) == 1:
        assert value == 0.0
        assert not slope.any()


@pytest.mark.parametrize("num_triplets", [None, 3])
def test_contract(num_triplets, tmp_path):
    labels = np.array([0, 1, 2, 1], "int32")
    run_loss_test(
        losses.SoftTriplet,
        {"num_triplets": num_triplets, "seed": 5},
        labels,
        batch_of(labels),
        tmp_path,
    )


def test_argument_errors():
    with pytest.raises(ValueError, match=r"`num_triplets` .*Received: .*=0"):
        losses.SoftTriplet(num_triplets=0)
    with pytest.raises(TypeError, match=r"`seed` .*Received: seed=None"):
        losses.SoftTriplet(seed=None)
