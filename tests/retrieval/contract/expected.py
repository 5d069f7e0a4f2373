"""A gallery as a dictionary, searched by looking at every row."""

import numpy as np


class Expected:
    """What a gallery must hold and find."""

    def __init__(self):
        self.rows = {}

    def add(self, ids, vectors, metadata, paths):
        for row in zip(ids, vectors, metadata, paths, strict=True):
            self.rows[row[0]] = row[1:]

    def search(self, query, k, exclude=(), holds=lambda metadata: True):
        """List of `(id, cosine)`, equal cosines in order of addition."""
        scores = [
            (id, float(np.dot(vector, query)))
            for id, (vector, metadata, _) in self.rows.items()
            if id not in exclude and holds(metadata)
        ]
        return sorted(scores, key=lambda pair: -pair[1])[:k]


def assert_found(hits, expected):
    """Same ids where scores differ, same scores, same order."""
    assert len(hits) == len(expected)
    for hit, (id, score) in zip(hits, expected, strict=True):
        assert abs(hit.score - score) < 1e-5
        tied = [e for e, s in expected if abs(s - score) < 1e-5]
        assert hit.id == id or hit.id in tied


def unit(rng, n, dim=16):
    rows = rng.normal(size=(n, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("f4")
