"""A retriever small enough to be built many times."""

import numpy as np

from keras_cmr import models

TEXTS = ["make red", "make blue", "remove", "add red"]
WORDS = ["add", "blue", "make", "red", "remove"]


def image_encoder():
    """16 pixels, levels `"P2"` and `"feature_map"`, embeddings of 8."""
    backbone = models.small_resnet(
        stackwise_num_filters=[64],
        stackwise_num_blocks=[1],
        stackwise_num_strides=[1],
    )
    return models.ImageEncoder(backbone, image_size=16, embedding_dim=8)


def text_encoder():
    return models.LSTMTextEncoder(WORDS, 8, word_dim=8, units=8)


def pictures(count=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 255, (count, 16, 16, 3), "uint8")


def batch_for(model):
    return {
        "reference": pictures(),
        "target": pictures(seed=1),
        "modification": model.text_encoder.tokenize(TEXTS),
    }
