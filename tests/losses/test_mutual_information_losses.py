"""The three estimators against loops over pairs and positions."""

import math

import numpy as np
import pytest

from keras_cmr import losses
from tests.testing import gradient
from tests.testing import numpy
from tests.testing import run_loss_test

LOG_2 = math.log(2)


def softplus(x):
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def jensen_shannon(scores, negatives):
    gains, costs = [], []
    for i, row in enumerate(scores):
        for j, positions in enumerate(row):
            for t in positions:
                if i == j:
                    gains.append(LOG_2 - softplus(-t))
                elif negatives[i, j]:
                    costs.append(softplus(t) - LOG_2)
    return np.mean(gains) - (np.mean(costs) if costs else 0.0)


def info_nce(scores, negatives):
    terms = []
    for i, row in enumerate(scores):
        others = [
            t
            for j, positions in enumerate(row)
            if j != i and negatives[i, j]
            for t in positions
        ]
        for own in row[i]:
            top = max([own, *others])
            total = sum(math.exp(t - top) for t in [own, *others])
            log_softmax = own - top - math.log(total)
            terms.append(log_softmax + math.log(1 + len(others)))
    return np.mean(terms)


def donsker_varadhan(scores, negatives):
    own, others = [], []
    for i, row in enumerate(scores):
        for j, positions in enumerate(row):
            if i == j:
                own += list(positions)
            elif negatives[i, j]:
                others += list(positions)
    if not others:
        return 0.0
    top = max(others)
    mean = np.mean([math.exp(t - top) for t in others])
    return np.mean(own) - top - math.log(mean)


ESTIMATORS = [
    (losses.JensenShannonMI, jensen_shannon),
    (losses.InfoNCEMI, info_nce),
    (losses.DonskerVaradhanMI, donsker_varadhan),
]
LOSSES = [loss for loss, _ in ESTIMATORS]
OFF_DIAGONAL = ~np.eye(4, dtype=bool)
SOME = np.array(
    [[1, 1, 0, 1], [1, 0, 1, 1], [0, 1, 0, 0], [0, 0, 0, 1]], dtype=bool
)
MASKS = {
    "off_diagonal": OFF_DIAGONAL,
    "all": np.ones((4, 4), bool),
    "some": SOME,
    "none": np.zeros((4, 4), bool),
}


def scores_of(shape, scale=2.0, seed=0):
    rng = np.random.default_rng(seed)
    return (scale * rng.normal(size=shape)).astype("float32")


@pytest.mark.parametrize(("loss", "loop"), ESTIMATORS)
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 3, 2)])
def test_value_by_loops(loss, loop, mask, shape):
    scores = scores_of(shape)
    flat = scores.astype("float64").reshape(4, 4, -1)
    value = -float(loss()(MASKS[mask], scores))
    np.testing.assert_allclose(
        value, loop(flat, MASKS[mask]), rtol=1e-5, atol=1e-6
    )


def test_two_rows_by_hand():
    scores = np.array([[0.0, 1.0], [-1.0, 0.0]])
    negatives = ~np.eye(2, dtype=bool)
    e = math.e
    expected = {
        losses.JensenShannonMI: 0.0
        - (math.log(1 + e) + math.log(1 + 1 / e)) / 2
        + LOG_2,
        losses.InfoNCEMI: LOG_2 - (math.log(1 + e) + math.log(1 + 1 / e)) / 2,
        losses.DonskerVaradhanMI: -math.log((e + 1 / e) / 2),
    }
    for loss, value in expected.items():
        np.testing.assert_allclose(-loss()(negatives, scores), value, rtol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("masked", [123.0, -1e4, float("inf"), float("nan")])
@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 3, 2)])
def test_dropped_pairs_touch_neither_value_nor_gradient(loss, masked, shape):
    scores = scores_of(shape)
    dropped = ~SOME & OFF_DIAGONAL
    changed = scores.copy()
    changed[dropped] = masked
    loss = loss()
    np.testing.assert_array_equal(loss(SOME, changed), loss(SOME, scores))
    slope = gradient(lambda x: loss(SOME, x), changed)
    assert np.isfinite(slope).all()
    assert not slope[dropped].any()
    assert slope[SOME & OFF_DIAGONAL].all()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("positions", [(), (2, 2)])
@pytest.mark.parametrize("kind", ["equal", "high", "low", "mixed"])
def test_never_nan(loss, mask, batch, positions, kind):
    shape = (batch, batch, *positions)
    scores = {
        "equal": np.zeros(shape),
        "high": np.full(shape, 1e4),
        "low": np.full(shape, -1e4),
        "mixed": 1e4 * np.sign(scores_of(shape)),
    }[kind].astype("float32")
    negatives = MASKS[mask][:batch, :batch]
    loss = loss()
    assert np.isfinite(numpy(loss(negatives, scores)))
    slope = gradient(lambda x: loss(negatives, x), scores)
    assert np.isfinite(slope).all()


def test_without_negatives():
    scores = scores_of((4, 4))
    none = MASKS["none"]
    for loss in (losses.InfoNCEMI(), losses.DonskerVaradhanMI()):
        assert float(loss(none, scores)) == 0.0
        assert not gradient(lambda x, f=loss: f(none, x), scores).any()
    loss = losses.JensenShannonMI()
    slope = gradient(lambda x: loss(none, x), scores)
    assert (np.diag(slope) < 0).all()
    assert not slope[OFF_DIAGONAL].any()


@pytest.mark.parametrize("loss", LOSSES)
def test_permuting_the_batch_permutes_the_rows(loss):
    scores = scores_of((4, 4, 2, 3))
    order = np.array([2, 0, 3, 1])
    loss = loss(reduction=None)
    rows = numpy(loss(SOME, scores))
    permuted = loss(SOME[order][:, order], scores[order][:, order])
    np.testing.assert_allclose(permuted, rows[order], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 3, 2)])
def test_contract(loss, shape, tmp_path):
    run_loss_test(loss, {}, SOME, scores_of(shape), tmp_path)


@pytest.mark.parametrize(
    ("negatives", "scores", "message"),
    [
        ((4, 4), (4,), r"`y_pred` must .*Received: y_pred.shape=\(4,\)"),
        ((4, 4), (4, 3), r"`y_pred` must .*\(4, 3\)"),
        ((4, 4), (4, 4, 2), r"`\(batch, batch, height, width\)`"),
        ((4,), (4, 4), r"`y_true` must .*Received: y_true.shape=\(4,\)"),
        ((3, 3), (4, 4, 2, 2), r"`y_true` must .*\(3, 3\)"),
    ],
)
@pytest.mark.parametrize("loss", LOSSES)
def test_errors(loss, negatives, scores, message):
    with pytest.raises(ValueError, match=message):
        loss()(np.zeros(negatives, bool), np.zeros(scores, "float32"))


@pytest.mark.parametrize("correlation", [0.5, 0.9])
def test_best_scores_reach_the_true_information(correlation):
    """Pairs of correlated normals, scored by the true density ratio."""
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(2, 512))
    residual = 1 - correlation**2
    y = correlation * x + math.sqrt(residual) * noise
    truth = -0.5 * math.log(residual)
    scores = (
        truth
        - (y[None] - correlation * x[:, None]) ** 2 / (2 * residual)
        + y[None] ** 2 / 2
    )
    negatives = ~np.eye(512, dtype=bool)
    info_nce = -float(losses.InfoNCEMI()(negatives, scores))
    dv = -float(losses.DonskerVaradhanMI()(negatives, scores))
    # The error of a mean over 512 rows is about 0.04.
    assert truth - 0.15 < info_nce < truth + 0.1
    assert truth - 0.15 < dv < truth + 0.1
    assert 0 < -float(losses.JensenShannonMI()(negatives, scores)) < 2 * LOG_2
