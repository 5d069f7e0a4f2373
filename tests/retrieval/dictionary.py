"""What a gallery must answer, worked out from a dictionary."""

import numpy as np


def unit(rows):
    rows = np.asarray(rows, np.float64)
    rows = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows.astype(np.float32)


def random_rows(n, dim=16, seed=0):
    return unit(np.random.default_rng(seed).normal(size=(n, dim)))


def clustered_rows(n, dim=32, seed=0):
    """Forty clusters, as embeddings of photos have them."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(1).normal(size=(40, dim))
    return unit(
        centres[rng.integers(40, size=n)] + 0.7 * rng.normal(size=(n, dim))
    )


def best(rows, query, k, exclude=(), where=lambda metadata: True):
    """Ids and cosines of the best, one row at a time.

    Args:
        rows: Dict from id to `(vector, metadata)`, in order of addition.
        query: Array of shape `(dim,)`.
        k: Int.
        exclude: Ids.
        where: Predicate of metadata.
    """
    scored = [
        (float(np.dot(vector.astype(np.float64), query)), id)
        for id, (vector, metadata) in rows.items()
        if id not in exclude and where(metadata)
    ]
    # `sorted` is stable: equal scores stay in order of addition.
    return sorted(scored, key=lambda pair: -pair[0])[:k]


def assert_best(hits, want):
    """Same ids; near ties may swap, for sums are rounded differently."""
    assert [h.rank for h in hits] == list(range(1, len(want) + 1))
    assert np.allclose([h.score for h in hits], [s for s, _ in want], atol=1e-5)
    scores = {id: score for score, id in want}
    last = want[-1][0] if want else 0
    for hit in hits:
        assert abs(scores.get(hit.id, last) - hit.score) < 1e-5
    assert len({hit.id for hit in hits}) == len(want)
