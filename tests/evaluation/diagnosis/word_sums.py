"""A model without a network: image plus words, all of it NumPy."""

import zlib

import numpy as np

from keras_cmr.words import split_words

DIM = 24


def word_vector(word):
    seed = zlib.crc32(word.encode())
    return np.random.default_rng(seed).normal(size=DIM)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


class Stages:
    """What `keras_cmr.models.QueryStages` offers; counts what it embeds."""

    has_parts = True

    def __init__(self, project, text_weight):
        self.project, self.text_weight = project, text_weight
        self.images, self.texts = 0, []

    def image_features(self, images, batch_size=256):
        self.images += len(images)
        return self.project(images)

    def text_features(self, texts, batch_size=256):
        self.texts += texts
        return np.array(
            [
                self.text_weight * sum(map(word_vector, split_words(text)))
                for text in texts
            ]
        ).astype("float32")

    def fuse(self, images, texts, batch_size=256):
        return unit(images + texts)

    def parts(self, images, texts, batch_size=256):
        gate = np.full((len(images), 1), 0.25)
        return {"gate": gate, "image": 2.0 * images, "text": texts}

    def image_embeddings(self, images, batch_size=256):
        return unit(images)


class WordSums:
    """The query is the image's projection plus the vectors of the words."""

    fingerprint = "word-sums"

    def __init__(self, text_weight=0.2, stages=Stages):
        self.query_stages = stages(self.project, text_weight)

    def project(self, images):
        pixels = np.asarray(images, float).reshape(len(images), -1) / 255
        matrix = np.random.default_rng(3).normal(size=(pixels.shape[1], DIM))
        return ((1 - pixels) @ matrix / 10).astype("float32")

    def embed_targets(self, images, batch_size=256, verbose=0):
        return unit(self.project(images))

    def embed_queries(self, references, texts, batch_size=256, verbose=0):
        stages = type(self.query_stages)(
            self.project, self.query_stages.text_weight
        )
        return stages.fuse(
            self.project(references), stages.text_features(list(texts))
        )
