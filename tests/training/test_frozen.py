"""Training on stored features is training the model itself."""

import dataclasses

import keras
import numpy as np
import pytest

from keras_cmr import datasets
from keras_cmr import evaluation
from keras_cmr import experiment
from keras_cmr import layers
from keras_cmr import losses
from keras_cmr import models
from keras_cmr.config import Config
from keras_cmr.models.on_features import needed_maps
from keras_cmr.training.frozen import on_features
from tests.models import tiny


@pytest.fixture(scope="module")
def css():
    return datasets.css.generate(scenes=6, renders=1, image_size=32, verbose=0)


def frozen(words, fusion, terms=(), pooling="average"):
    encoder = models.ImageEncoder(
        tiny.image_encoder().backbone, 32, embedding_dim=8, pooling=pooling
    )
    encoder.backbone.trainable = False
    return models.ComposedRetriever(
        encoder,
        models.LSTMTextEncoder(words, 8, word_dim=8, units=8),
        fusion=fusion,
        mutual_information=terms,
    )


def terms():
    return [layers.TextImageMI(), layers.FusionImageMI(level="P2")]


@pytest.mark.parametrize(
    ("fusion", "terms", "pooling", "maps"),
    [
        (layers.TIRG, (), "average", ["pooled"]),
        (layers.TIRG, terms(), "flatten", ["P2", "pooled"]),
        (layers.TIRGLastConv, (), "average", ["feature_map"]),
    ],
)
def test_pixels_and_features_give_the_same(
    fusion, terms, pooling, maps, css, tmp_path
):
    model = frozen(css.train.vocabulary, fusion(), terms, pooling)
    assert needed_maps(model) == maps
    fitted, train = on_features(model, css.train, tmp_path, verbose=0)
    _, test = on_features(model, css.test, tmp_path, verbose=0)
    before = [np.array(w) for w in model.image_encoder.backbone.get_weights()]
    fitted.compile(keras.optimizers.Adam(1e-2), loss=losses.BatchSoftmax())
    fitted.fit(train.batches(8), epochs=2, verbose=0, shuffle=False)
    fitted.hand_over(model)

    sides = [
        evaluation.embed_split(*side, verbose=0)
        for side in ((model, css.test), (fitted, test))
    ]
    for pixels, features in zip(*sides, strict=True):
        np.testing.assert_allclose(pixels, features, atol=1e-3)
    batch = next(iter(css.train.batches(4)))
    lengths = np.linalg.norm(np.asarray(model(batch)["query"]), axis=-1)
    assert np.all(np.abs(lengths - 4.0) > 1e-4)  # learned, and handed over
    after = model.image_encoder.backbone.get_weights()
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


def test_losses_of_a_batch_are_equal(css, tmp_path):
    model = frozen(css.train.vocabulary, layers.TIRG(), terms())
    fitted, train = on_features(model, css.train, tmp_path, verbose=0)
    losses_of = []
    for side, split in ((model, css.train), (fitted, train)):
        batch = next(iter(split.batches(8, seed=3)))
        side.compile("sgd", loss=losses.BatchSoftmax())
        outputs = side(batch)
        losses_of.append(
            float(side.compute_loss(x=batch, y_pred=outputs, training=False))
        )
    assert losses_of[0] == pytest.approx(losses_of[1], abs=1e-3)


def test_frozen_normalisation_uses_the_statistics_it_came_with():
    encoder = tiny.image_encoder()
    encoder.backbone.trainable = False
    images = tiny.pictures().astype("float32")
    trained, plain = (
        np.asarray(encoder(images, training=training)["feature_map"])
        for training in (True, False)
    )
    np.testing.assert_array_equal(trained, plain)


def test_a_backbone_that_is_trained_is_refused():
    model = frozen(["red"], layers.TIRG())
    model.image_encoder.backbone.trainable = True
    with pytest.raises(ValueError, match="of a frozen backbone alone"):
        needed_maps(model)


def test_a_run_leaves_a_model_of_pixels(css, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_CMR_CACHE", str(tmp_path / "cache"))
    config = Config(
        image_size=32,
        embedding_dim=8,
        text_units=8,
        batch_size=8,
        epochs=1,
        train_backbone=False,
        cache_features=True,
    )
    run = experiment.train(config, tmp_path / "run", css, verbose=0)
    loaded = models.load(tmp_path / "run" / "model.keras")
    again = evaluation.evaluate(loaded, css.test, verbose=0)
    np.testing.assert_array_equal(again.ranks, run.report.ranks)
    assert again.model_fingerprint == run.report.model_fingerprint
    assert not loaded.image_encoder.backbone.trainable
    assert len(list((tmp_path / "cache" / "features").iterdir())) == 1


def test_caching_needs_a_frozen_backbone():
    with pytest.raises(ValueError, match="needs `train_backbone: false`"):
        Config(cache_features=True)
    with pytest.raises(ValueError, match="needs `train_backbone: false`"):
        dataclasses.replace(
            Config(cache_features=True, train_backbone=False),
            train_backbone=True,
        )
