"""Texts as a language model embeds them, in batches, as arrays."""

import hashlib
import json

import keras
import numpy as np

from keras_cmr.models.fingerprint import add_weights
from keras_cmr.models.fingerprint import nameless


class SentenceVectors:
    """Embeds texts by a text encoder.

    Args:
        encoder: `keras_cmr.models.TextEncoder` or another model of token ids
            with `tokenize(texts)`.
    """

    def __init__(self, encoder):
        self.encoder = encoder

    def __call__(self, texts, batch_size=128):
        """Float32 array `(n, dim)`, rows of length 1."""
        rows = []
        for start in range(0, len(texts), batch_size):
            tokens = self.encoder.tokenize(texts[start : start + batch_size])
            # `predict` would compile it for every length of text that comes.
            embeddings = self.encoder(tokens, training=False)
            rows.append(keras.ops.convert_to_numpy(embeddings))
        return keras.utils.normalize(np.concatenate(rows).astype("float32"))

    def identity(self):
        """Bytes that change with the embeddings."""
        config = nameless(keras.saving.serialize_keras_object(self.encoder))
        digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode())
        add_weights(digest, self.encoder.weights)
        return digest.digest()
