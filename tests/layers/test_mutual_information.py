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
from tests.testing import save_and_load

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
    run_layer_test(cls, kwargs, inputs, (BATCH, 6), tmp_path)


@pytest.mark.parametrize(("cls", "kwargs", "second_shape"), CASES)
def test_as_a_layer_it_is_the_identity_with_a_loss_in_training(
    cls, kwargs, second_shape
):
    term = cls(discriminator=small(), **{"weight": 0.5, **kwargs})
    first, second = array(BATCH, 6), array(BATCH, *second_shape)
    np.testing.assert_array_equal(numpy(term(first, second)), first)
    assert term.losses == []
    mask = NEGATIVES["text"]
    output = term(first, second, negatives=mask, training=True)
    np.testing.assert_array_equal(numpy(output), first)
    (loss,) = term.losses
    nats = term.nats(first, second, negatives=mask, training=True)
    np.testing.assert_allclose(
        numpy(loss), -0.5 * numpy(nats), rtol=1e-5, atol=1e-6
    )


def test_in_a_model_of_ones_own_it_trains_and_costs_nothing_later():
    """Built as a user would: `fit` adds the term, `predict` never meets it."""
    keras.utils.set_random_seed(0)
    text, image = keras.Input((6,)), keras.Input((2, 3, 4))
    query = keras.layers.Dense(8)(text)
    joined = FusionImageMI(discriminator=small(), weight=1.0)(query, image)
    model = keras.Model([text, image], joined)
    model.compile(keras.optimizers.Adam(1e-2), loss="mse")
    x, y = [array(16, 6), array(16, 2, 3, 4, seed=1)], array(16, 8, seed=2)
    term = model.layers[-1]
    before = numpy(term.nats(query_of(model, x), x[1], training=True))
    model.fit(x, y, epochs=30, batch_size=16, verbose=0)
    after = numpy(term.nats(query_of(model, x), x[1], training=True))
    assert after > before + 0.1
    error = np.mean((model.predict(x, verbose=0) - y) ** 2)
    assert model.evaluate(x, y, verbose=0) == pytest.approx(error, rel=1e-4)


def query_of(model, x):
    (dense,) = (
        layer for layer in model.layers if isinstance(layer, keras.layers.Dense)
    )
    return dense(x[0])


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
    value = term.nats(first, second, negatives=negatives)
    np.testing.assert_allclose(
        numpy(value), numpy(expected), rtol=1e-6, atol=1e-6
    )


def test_without_a_mask_every_other_row_is_a_negative():
    term = MutualInformation(small())
    first, second = array(BATCH, 6), array(BATCH, 7, seed=1)
    everything = ~np.eye(BATCH, dtype=bool)
    np.testing.assert_array_equal(
        numpy(term.nats(first, second)),
        numpy(term.nats(first, second, negatives=everything)),
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
        np.testing.assert_allclose(alone, estimates[-1], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(value, np.mean(estimates), rtol=1e-5, atol=1e-6)


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
    np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("cls", "kwargs", "first", "second"),
    [
        (TextImageMI, {}, "text", FEATURES["target"]),
        (
            FusionImageMI,
            {"level": "P2"},
            "query",
            FEATURES["target_maps"]["P2"],
        ),
    ],
)
def test_masks_can_be_left_unheeded(cls, kwargs, first, second):
    term = cls(discriminator=small(), mask_negatives=False, **kwargs)
    value = numpy(term.estimate(FEATURES, NEGATIVES))
    every = np.ones((BATCH, BATCH), dtype=bool)
    expected = loop_estimate(term, FEATURES[first], second, every)
    np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)
    masked = loop_estimate(
        term, FEATURES[first], second, NEGATIVES["target"].tolist()
    )
    assert abs(value - masked) > 1e-3
    again = cls.from_config(term.get_config())
    assert again.mask_negatives is False
    assert again.get_config() == term.get_config()


@pytest.mark.parametrize("scope", ["local", "global"])
def test_several_levels_are_averaged_each_with_its_discriminator(
    scope, tmp_path
):
    kwargs = {"level": ["P2", "P3"], "scope": scope}
    term = FusionImageMI(discriminator=small(), **kwargs)
    assert term.levels == ("P2", "P3")
    value = numpy(term.estimate(FEATURES, NEGATIVES))
    pair = term.discriminators
    assert len({id(d) for d in pair}) == 2
    estimates = []
    for level, discriminator in zip(term.levels, pair, strict=True):
        maps = FEATURES["target_maps"][level]
        if scope == "global":
            maps = np.mean(maps, axis=(1, 2))
        alone = MutualInformation(discriminator)
        kept = [[{i, j} != {2, 3} for j in range(BATCH)] for i in range(BATCH)]
        estimates.append(loop_estimate(alone, FEATURES["query"], maps, kept))
    np.testing.assert_allclose(value, np.mean(estimates), rtol=1e-5, atol=1e-6)

    maps = [FEATURES["target_maps"][level] for level in term.levels]
    inputs = [keras.Input(x.shape[1:]) for x in (FEATURES["query"], *maps)]
    model = keras.Model(inputs, term(inputs[0], inputs[1:]))
    loaded = save_and_load(model, tmp_path / "model.keras").layers[-1]
    again = numpy(loaded.estimate(FEATURES, NEGATIVES))
    np.testing.assert_allclose(again, value, rtol=1e-6, atol=1e-6)


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
        ({"weight": "much"}, TypeError, r"`weight` must be a number.*'much'"),
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
    with pytest.raises(ValueError, match=r"`level` .*distinct names"):
        FusionImageMI(level=["P2", "P2"])
    with pytest.raises(ValueError, match=r"`discriminator` .*Received: 1 for"):
        FusionImageMI(level=["P2", "P3"], discriminator=[small()])
    with pytest.raises(ValueError, match=r"`second` must hold one map .*: 1"):
        FusionImageMI(level=["P2", "P3"]).nats(FEATURES["query"], [np.ones(3)])
    with pytest.raises(ValueError, match=r"`negatives` must .*\(5,\)"):
        MutualInformation(small()).nats(
            array(BATCH, 6), array(BATCH, 7), negatives=np.ones(BATCH, bool)
        )


class Maximizer(keras.Model):
    """Has no loss but what its layers add."""

    def compute_loss(self, x, y, y_pred, sample_weight, training=True):
        return sum(self.losses)


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
    term = MutualInformation(discriminator, estimator, weight=1.0)
    model = Maximizer(inputs=inputs, outputs=term(*inputs))
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    fresh = [x[-512:], y[-512:]]
    before = float(numpy(term.nats(*fresh, training=True)))
    model.fit([x[:-512], y[:-512]], batch_size=batch, verbose=0)
    after = float(numpy(term.nats(*fresh, training=True)))
    assert after > before
    assert after > 0.3
    if estimator != "jsd":
        # One fresh batch of 512 pairs: the figure itself has an error.
        assert after < truth + 0.15
