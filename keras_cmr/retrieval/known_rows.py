"""Rows that come a second time: which of them a gallery has already."""

import numpy as np

# Embeddings of one image on two machines differ by less.
_SAME = 1e-4


def sift(backend, rows):
    """Compares rows with what the gallery holds under their ids.

    Args:
        backend: `Backend`.
        rows: `NewRows` of the gallery's width.

    Returns:
        `(new, changed)`, two lists of places in `rows`: of ids that are not
        in the gallery, and of ids that are there with another file, other
        metadata or another embedding. The others are there as they are.
    """
    known = backend.present(rows.ids)
    places = range(len(rows.ids))
    there = [place for place in places if rows.ids[place] in known]
    new = [place for place in places if rows.ids[place] not in known]
    if not there:
        return new, []
    ids = [rows.ids[place] for place in there]
    found = zip(there, backend.vectors(ids), backend.records(ids), strict=True)
    changed = [
        place
        for place, vector, record in found
        if (record.path, record.metadata)
        != (rows.paths[place], rows.metadata[place])
        or np.abs(vector - rows.vectors[place]).max() >= _SAME
    ]
    return new, changed
