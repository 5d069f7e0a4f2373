"""An endless list of writes, the same for the same seed."""

import numpy as np

from keras_cmr.retrieval.backend import Changes
from keras_cmr.retrieval.backend import NewRows
from tests.retrieval.dictionary import random_rows

DIM = 8
BASE = {f"base {i}": (row, {}) for i, row in enumerate(random_rows(40, DIM))}


def writes(seed, kinds):
    """Yields `(kind, ids, vectors, metadata)`.

    Args:
        seed: Int.
        kinds: Sequence of `"add"`, `"update"`, `"remove"`, `"compact"`.
    """
    rng = np.random.default_rng(seed)
    live, number = list(BASE), 0
    while True:
        kind = kinds[rng.integers(len(kinds))]
        count = int(rng.integers(1, 6))
        ids = [live[i] for i in rng.permutation(len(live))[:count]]
        if kind == "add":
            ids = [f"{seed} {number + i}" for i in range(count)]
            number += count
            live += ids
        if kind == "remove":
            live = [id for id in live if id not in ids]
        if not ids:
            continue
        vectors = random_rows(len(ids), DIM, int(rng.integers(1 << 30)))
        metadata = [{"n": int(rng.integers(1 << 30))} for _ in ids]
        yield kind, ids, vectors, metadata


def perform(gallery, write):
    """Does a write to a gallery."""
    kind, ids, vectors, metadata = write
    if kind == "add":
        # Past the scaling to length 1, which may change the last bit.
        gallery._backend.add(NewRows(ids, vectors, [None] * len(ids), metadata))
    elif kind == "update":
        paths = [None] * len(ids)
        gallery._backend.update(Changes(ids, vectors, paths, metadata))
    elif kind == "remove":
        gallery.remove(ids)
    else:
        gallery.compact()


def follow(rows, write):
    """The dictionary from id to `(vector, metadata)` after a write."""
    kind, ids, vectors, metadata = write
    rows = dict(rows)
    if kind in ("update", "remove"):
        for id in ids:
            del rows[id]
    if kind in ("add", "update"):
        rows.update(zip(ids, zip(vectors, metadata, strict=True), strict=True))
    return rows


def content(gallery):
    """What a gallery holds, as such a dictionary."""
    found = {}
    for part in gallery._backend.rows():
        columns = zip(part.ids, part.vectors, part.metadata, strict=True)
        found.update({id: (vector, entry) for id, vector, entry in columns})
    assert tuple(found) == gallery.ids
    return found


def equal(left, right):
    """Whether two dictionaries hold the same, in the same order."""
    return list(left) == list(right) and all(
        np.array_equal(left[id][0], right[id][0])
        and left[id][1] == right[id][1]
        for id in left
    )
