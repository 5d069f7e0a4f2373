"""The mutual-information terms: masks, estimates, and what they learn."""

import math

import keras
import numpy as np
import pytest

from keras_cmr import losses
from keras_cmr.layers import discriminators
from keras_cmr.layers import mutual_information
from tests.testing import numpy
from tests.testing import run_layer_test

MutualInformation = mutual_information.MutualInformation
TextImageMI = mutual_information.TextImageMI
FusionImageMI = mutual_information.FusionImageMI
BATCH = 5


def array(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def small(**kwargs):
    return discriminators.EncodeAndDotDiscriminator(units=8, **kwargs)


def differ(values):
    values = np.array(values)
    return values[:, None] != values[None, :]


FEATURES = {
    "text": array(BATCH, 6, seed=1),
    "reference": array(BATCH, 7, seed=2),
    "target": array(BATCH, 7, seed=3),
    "query": array(BATCH, 8, seed=4),
    "target_maps": {
        "P2": array(BATCH, 4, 3, 2, seed=5),
        "P3": array(BATCH, 2, 3, 4, seed=6),
    },
}
NEGATIVES = {
    "text": differ([0, 1, 0, 2, 3]),
    "reference": differ([0, 0, 1, 2, 3]),
    "target": differ([0, 1, 2, 2, 3]),
}

CASES = [
    (MutualInformation, {}, (7,)),
    (MutualInformation, {"weight": 0.5}, (2, 3, 7)),
    (TextImageMI, {"image": "both"}, (7,)),
    (FusionImageMI, {"level": "P2"}, (2, 3, 7)),
    (FusionImageMI, {"scope": "global"}, (2, 3, 7)),
]


@pytest.mark.parametrize(("cls", "kwargs", "second_shape"), CASES)
def test_contract(cls, kwargs, second_shape, tmp_path):
    inputs = array(BATCH, 6), array(BATCH, *second_shape)
    run_layer_test(cls, kwargs, inputs, (), tmp_path)


@pytest.mark.parametrize("estimator", ["jsd", "infonce", "dv"])
def test_sampled_negatives_through_the_contract(estimator, tmp_path):
    discriminator = discriminators.LocalConcatDiscriminator(
        units=8, num_negatives=2
    )
    term = MutualInformation(discriminator, estimator)
    first, second = array(BATCH, 6), array(BATCH, 2, 3, 7)
    scores = numpy(discriminator(first, second))
    kept = numpy(discriminator.scored_pairs(BATCH)).astype(bool)
    negatives = NEGATIVES["target"]
    expected = -term.estimator(kept & negatives, np.nan_to_num(scores))
    value = term(first, second, negatives=negatives)
    np.testing.assert_allclose(numpy(value), numpy(expected), rtol=1e-6)


def test_without_a_mask_every_other_row_is_a_negative():
    term = MutualInformation(small())
    first, second = array(BATCH, 6), array(BATCH, 7, seed=1)
    everything = ~np.eye(BATCH, dtype=bool)
    np.testing.assert_array_equal(
        numpy(term(first, second)),
        numpy(term(first, second, negatives=everything)),
    )


def loop_estimate(term, first, second, kept):
    """The Jensen-Shannon estimate, pair by pair and position by position."""
    scores = numpy(term.discriminator(first, second))
    scores = scores.reshape(BATCH, BATCH, -1).astype("float64")
    gains, costs = [], []
    for i in range(BATCH):
        for j in range(BATCH):
            for t in scores[i, j]:
                if i == j:
                    gains.append(math.log(2) - math.log1p(math.exp(-t)))
                elif kept[i][j]:
                    costs.append(math.log1p(math.exp(t)) - math.log(2))
    return np.mean(gains) - np.mean(costs)


def test_text_image_estimate_uses_the_right_tensors_and_mask():
    # Rows 0 and 2 share the text; 2 and 3 the target; 0 and 1 the reference.
    shared = {"target": [(0, 2), (2, 3)], "reference": [(0, 2), (0, 1)]}
    term = TextImageMI(image="both", discriminator=small())
    value = numpy(term.estimate(FEATURES, NEGATIVES))
    estimates = []
    for image, pairs in shared.items():
        kept = [
            [(min(i, j), max(i, j)) not in pairs for j in range(BATCH)]
            for i in range(BATCH)
        ]
        estimates.append(
            loop_estimate(term, FEATURES["text"], FEATURES[image], kept)
        )
        term.image = image
        alone = numpy(term.estimate(FEATURES, NEGATIVES))
        np.testing.assert_allclose(alone, estimates[-1], rtol=1e-5)
    np.testing.assert_allclose(value, np.mean(estimates), rtol=1e-5)


@pytest.mark.parametrize("scope", ["local", "global"])
def test_fusion_image_estimate_uses_the_right_tensors_and_mask(scope):
    term = FusionImageMI(level="P2", scope=scope, discriminator=small())
    assert term.levels == ("P2",)
    value = numpy(term.estimate(FEATURES, NEGATIVES))
    maps = FEATURES["target_maps"]["P2"]
    if scope == "global":
        maps = np.mean(maps, axis=(1, 2))
    kept = [[{i, j} != {2, 3} for j in range(BATCH)] for i in range(BATCH)]
    expected = loop_estimate(term, FEATURES["query"], maps, kept)
    np.testing.assert_allclose(value, expected, rtol=1e-5)


@pytest.mark.parametrize("cls", [TextImageMI, FusionImageMI])
def test_training_reaches_the_batch_norm(cls):
    term = cls(discriminator=small())
    norm = term.discriminator.query_projection.batch_norm
    term.estimate(FEATURES, NEGATIVES)
    assert not numpy(norm.moving_mean).any()
    term.estimate(FEATURES, NEGATIVES, training=True)
    assert numpy(norm.moving_mean).any()


@pytest.mark.parametrize(
    "term",
    [
        TextImageMI(image="both", discriminator=small()),
        FusionImageMI(discriminator=small()),
        FusionImageMI(discriminator=small(), scope="global"),
    ],
)
def test_built_from_shapes_as_by_the_first_call(term):
    shapes = keras.tree.map_structure(lambda x: x.shape, FEATURES)
    term.build_for(shapes)
    assert term.built
    built = [v.shape for v in term.variables]
    term.estimate(FEATURES, NEGATIVES)
    called = type(term).from_config(term.get_config())
    called.estimate(FEATURES, NEGATIVES)
    assert built == [v.shape for v in called.variables]
    assert len(built) == len(term.variables) > 0


def test_estimator_names_and_objects():
    classes = {
        "jsd": losses.JensenShannonMI,
        "infonce": losses.InfoNCEMI,
        "dv": losses.DonskerVaradhanMI,
    }
    for name, cls in classes.items():
        assert type(MutualInformation(estimator=name).estimator) is cls
        revived = MutualInformation.from_config(
            MutualInformation(estimator=cls()).get_config()
        )
        assert type(revived.estimator) is cls


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"estimator": "mine"}, ValueError, r"`estimator` .*estimator=mine"),
        ({"discriminator": "dot"}, TypeError, r"`discriminator` .*=dot"),
    ],
)
@pytest.mark.parametrize("cls", [MutualInformation, TextImageMI, FusionImageMI])
def test_argument_errors(cls, kwargs, error, message):
    with pytest.raises(error, match=message):
        cls(**kwargs)


def test_errors_of_the_terms():
    with pytest.raises(ValueError, match=r"`image` .*Received: image=query"):
        TextImageMI(image="query")
    with pytest.raises(ValueError, match=r"`scope` .*Received: scope=wide"):
        FusionImageMI(scope="wide")
    with pytest.raises(ValueError, match=r"`level` .*level=P9 .*'P2', 'P3'"):
        FusionImageMI(level="P9").estimate(FEATURES, NEGATIVES)
    with pytest.raises(ValueError, match=r"`negatives` must .*\(5,\)"):
        MutualInformation(small())(
            array(BATCH, 6), array(BATCH, 7), negatives=np.ones(BATCH, bool)
        )


class Maximizer(keras.Model):
    def compute_loss(self, x, y, y_pred, sample_weight, training=True):
        return -y_pred


@pytest.mark.parametrize("estimator", ["jsd", "infonce", "dv"])
@pytest.mark.parametrize("positions", [(), (2, 2)])
@pytest.mark.parametrize("kind", ["concat", "dot"])
def test_learns_the_dependence_of_correlated_normals(
    estimator, positions, kind
):
    correlation, dim, batch, steps = 0.9, 2, 64, 80
    truth = -dim / 2 * math.log(1 - correlation**2)  # 1.66 nats
    rng = np.random.default_rng(0)
    x = rng.normal(size=(batch * steps + 512, dim)).astype("float32")
    spread = (len(x), *positions, dim)
    y = correlation * x.reshape(len(x), *(1 for _ in positions), dim)
    y = y + math.sqrt(1 - correlation**2) * rng.normal(size=spread)
    y = y.astype("float32")

    keras.utils.set_random_seed(0)
    local = bool(positions)
    discriminator = {
        "concat": (
            discriminators.LocalConcatDiscriminator
            if local
            else discriminators.ConcatDiscriminator
        ),
        "dot": discriminators.EncodeAndDotDiscriminator,
    }[kind](units=32)
    inputs = keras.Input(x.shape[1:]), keras.Input(y.shape[1:])
    term = MutualInformation(discriminator, estimator)
    model = Maximizer(inputs=inputs, outputs=term(*inputs))
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    fresh = [x[-512:], y[-512:]]
    before = float(model(fresh, training=True))
    model.fit([x[:-512], y[:-512]], batch_size=batch, verbose=0)
    after = float(model(fresh, training=True))
    assert after > before
    assert after > 0.3
    if estimator != "jsd":
        # One fresh batch of 512 pairs: the figure itself has an error.
        assert after < truth + 0.15
