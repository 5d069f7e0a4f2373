"""The encoders that a config describes."""

from keras_cmr import models
from keras_cmr.training.named import named

# What a config calls them, and what the package that ships them does.
PACKAGES = {
    "efficientnet_lite0": "efficientnet-lite0",
    "efficientnet_lite1": "efficientnet-lite1",
    "efficientnet_lite2": "efficientnet-lite2",
}
BACKBONES = ("small_resnet", "resnet_18")
TEXT_ENCODERS = ("lstm", "gru", "glove", "minilm")


def image_encoder(config):
    """The `ImageEncoder` of a config.

    `backbone` is one of `PACKAGES`, with ImageNet weights, or a function of
    `keras_cmr.models` that makes one with random weights. With
    `train_backbone: false` it is frozen: its weights stay, and its batch
    normalisations use the statistics they came with. With
    `freeze_normalization: true` these do so in a backbone that is trained.
    """
    settings = {
        "image_size": config.image_size,
        "embedding_dim": config.embedding_dim,
        "pooling": config.pooling,
    }
    if config.backbone in PACKAGES:
        name = PACKAGES[config.backbone]
        encoder = models.ImageEncoder.from_package(name, **settings)
    else:
        names = (*BACKBONES, *PACKAGES)
        make = named("backbone", config.backbone, models, names)
        encoder = models.ImageEncoder(make(), **settings)
    if not config.train_backbone:
        encoder.backbone.trainable = False
    elif config.freeze_normalization:
        models.freeze_normalization(encoder.backbone)
    return encoder


def text_encoder(config, vocabulary):
    """The text encoder of a config.

    `text_encoder` is `lstm` or `gru`, from scratch; `glove`, an LSTM whose
    words start from GloVe's vectors of 50 numbers; or `minilm`, a sentence
    encoder, frozen but for its projection with `train_text_encoder: false`.

    Args:
        config: `Config`.
        vocabulary: Words of the training texts.
    """
    kind = config.text_encoder
    if kind not in TEXT_ENCODERS:
        raise ValueError(
            f"`text_encoder` must be one of {', '.join(TEXT_ENCODERS)}. "
            f"Received: text_encoder={kind!r}"
        )
    if kind == "minilm":
        encoder = models.TextEncoder.from_package(
            "all-minilm-l6-v2", embedding_dim=config.embedding_dim
        )
        if not config.train_text_encoder:
            encoder.backbone.trainable = False
        return encoder
    if not config.train_text_encoder:
        raise ValueError(
            "`train_text_encoder: false` needs a text encoder that comes "
            f"trained: `minilm`. Received: text_encoder={kind!r}"
        )
    settings = {
        "embedding_dim": config.embedding_dim,
        "units": config.text_units,
        "dropout": config.dropout,
    }
    if kind == "glove":
        return models.LSTMTextEncoder.from_package(
            "glove-6b-50d", vocabulary, **settings
        )
    encoders = {"lstm": models.LSTMTextEncoder, "gru": models.GRUTextEncoder}
    return encoders[kind](vocabulary, word_dim=config.text_units, **settings)
