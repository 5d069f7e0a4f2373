"""The encoders that a config describes."""

from keras_cmr import models
from keras_cmr.training.named import named


def image_encoder(config):
    """The `ImageEncoder` of a config."""
    return models.ImageEncoder(
        named("backbone", config.backbone, models)(),
        image_size=config.image_size,
        embedding_dim=config.embedding_dim,
        pooling=config.pooling,
    )


def text_encoder(config, vocabulary):
    """The text encoder of a config.

    Args:
        config: `Config`.
        vocabulary: Words of the training texts.
    """
    return models.LSTMTextEncoder(
        vocabulary,
        embedding_dim=config.embedding_dim,
        word_dim=config.text_units,
        units=config.text_units,
        dropout=config.dropout,
    )
