"""Batch softmax against numbers worked out by hand."""

import math

import numpy as np
import pytest

from keras_cmr import losses
from tests.testing import gradient
from tests.testing import numpy
from tests.testing import run_loss_test

# Queries (1, 0), (0, 1), (1, 1); targets (2, 0), (0, 3), (1, 0):
# products   2 0 1
#            0 3 0
#            2 3 1
EMBEDDINGS = np.array(
    [[[1, 0], [2, 0]], [[0, 1], [0, 3]], [[1, 1], [1, 0]]], "float32"
)
E1, E2, E3 = math.exp(1), math.exp(2), math.exp(3)


def test_value_by_hand():
    rows = [
        math.log((E2 + 1 + E1) / E2),
        math.log((1 + E3 + 1) / E3),
        math.log((E2 + E3 + E1) / E1),
    ]
    loss = losses.BatchSoftmax()(np.array([4, 5, 6]), EMBEDDINGS)
    np.testing.assert_allclose(loss, sum(rows) / 3, rtol=1e-6)


def test_symmetric_value_by_hand():
    rows = [
        math.log((E2 + 1 + E1) / E2),
        math.log((1 + E3 + 1) / E3),
        math.log((E2 + E3 + E1) / E1),
    ]
    columns = [
        math.log((E2 + 1 + E2) / E2),
        math.log((1 + E3 + E3) / E3),
        math.log((E1 + 1 + E1) / E1),
    ]
    loss = losses.BatchSoftmax(symmetric=True)(np.array([4, 5, 6]), EMBEDDINGS)
    np.testing.assert_allclose(loss, sum(rows + columns) / 6, rtol=1e-6)


def test_equal_labels_leave_the_denominator_but_not_the_own_target():
    # Rows 0 and 2 want the same content: pairs (0, 2) and (2, 0) go.
    rows = [
        math.log((E2 + 1) / E2),
        math.log((1 + E3 + 1) / E3),
        math.log((E3 + E1) / E1),
    ]
    loss = losses.BatchSoftmax(reduction=None)(np.array([4, 5, 4]), EMBEDDINGS)
    np.testing.assert_allclose(loss, rows, rtol=1e-6)


@pytest.mark.parametrize("symmetric", [False, True])
def test_contract(symmetric, tmp_path):
    labels = np.array([4, 5, 4], "int32")
    run_loss_test(
        losses.BatchSoftmax,
        {"symmetric": symmetric},
        labels,
        EMBEDDINGS,
        tmp_path,
    )


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("scale", [0.0, 1.0, 100.0])
@pytest.mark.parametrize("labels", [[0], [0, 0, 0], [0, 1, 2], [0, 1, 0]])
def test_value_and_gradient_are_finite(labels, scale, symmetric):
    loss = losses.BatchSoftmax(symmetric)
    embeddings = scale * EMBEDDINGS[: len(labels)]
    labels = np.array(labels)
    assert np.isfinite(numpy(loss(labels, embeddings)))
    assert np.isfinite(gradient(lambda x: loss(labels, x), embeddings)).all()


@pytest.mark.parametrize("labels", [[7], [7, 7, 7]])
def test_nothing_to_tell_apart_costs_nothing(labels):
    embeddings = EMBEDDINGS[: len(labels)]
    assert losses.BatchSoftmax()(np.array(labels), embeddings) == 0.0


def test_permuting_the_batch_permutes_the_rows():
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(7, 2, 5)).astype("float32")
    labels = np.array([0, 1, 2, 1, 3, 0, 4])
    order = rng.permutation(7)
    loss = losses.BatchSoftmax(symmetric=True, reduction=None)
    rows = numpy(loss(labels, embeddings))
    permuted = loss(labels[order], embeddings[order])
    np.testing.assert_allclose(permuted, rows[order], rtol=1e-5)


@pytest.mark.parametrize(
    ("labels", "embeddings", "message"),
    [
        (
            np.zeros(3),
            np.zeros((3, 4)),
            r"`y_pred` must .*Received: .*\(3, 4\)",
        ),
        (np.zeros(3), np.zeros((3, 3, 4)), r"`\(batch, 2, dim\)`"),
        (
            np.zeros(4),
            np.zeros((3, 2, 4)),
            r"`y_true` must .*Received: .*\(4,\)",
        ),
        (np.zeros((3, 1)), np.zeros((3, 2, 4)), r"`y_true` must"),
    ],
)
@pytest.mark.parametrize("loss", [losses.BatchSoftmax, losses.SoftTriplet])
def test_errors(loss, labels, embeddings, message):
    with pytest.raises(ValueError, match=message):
        loss()(labels, embeddings)
