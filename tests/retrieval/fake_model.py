"""A deterministic model without any framework."""

import zlib

import numpy as np
from PIL import Image


class FakeModel:
    """A fixed projection of 8x8 mean-pooled pixels; words are added."""

    def __init__(self, fingerprint="0123456789abcdef", dim=32):
        self.fingerprint = fingerprint
        self.dim = dim
        self.projection = np.random.default_rng(7).normal(size=(192, dim))

    def embed_targets(self, images):
        return _unit(self._project(images))

    def embed_queries(self, references, modifications):
        texts = [self._text(text) for text in modifications]
        return _unit(self.embed_targets(references) + 0.3 * np.stack(texts))

    def embed_texts(self, modifications):
        return _unit(np.stack([self._text(text) for text in modifications]))

    def _project(self, images):
        pooled = [
            Image.fromarray(np.asarray(image)).resize((8, 8), Image.BOX)
            for image in images
        ]
        pixels = np.stack([np.asarray(p, float).ravel() for p in pooled])
        return (pixels - 127.5) @ self.projection

    def _text(self, text):
        words = [zlib.crc32(word.encode()) for word in text.split()]
        vectors = [
            np.random.default_rng(w).normal(size=self.dim) for w in words
        ]
        return np.sum(vectors, axis=0) / np.sqrt(self.dim)


def _unit(rows):
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32)
