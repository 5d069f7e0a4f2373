"""How much of a query comes from the image, and how much from the text."""

import numpy as np

from keras_cmr.evaluation.diagnosis.pairs import reference_blocks
from keras_cmr.evaluation.diagnosis.pairs import unique_texts


def query_parts(stages, split, rows, queries, candidates, right, batch_size):
    """Where the queries lie, and what the fusion adds up to them.

    Args:
        stages: `keras_cmr.models.QueryStages`.
        split: `Split`.
        rows: Int array. The queries to look at.
        queries: Float array `(num_queries, dim)`, unit rows.
        candidates: Float array `(num_images, dim)`, unit rows.
        right: Sequence of `num_queries` sequences: the right images.
        batch_size: int. Images embedded at once.

    Returns:
        Dict of name -> float array `(len(rows),)`: the cosines `"query,
        reference"`, `"query, target"` and `"reference, target"` and, if the
        fusion is a sum of parts, `"gate"`, the mean over its entries, and for
        each part its `"norm"` and its `"share"` of the query: the inner
        product with the query over the query's own. The shares of a query add
        up to 1; one is negative where a part points away from the query.
    """
    texts = unique_texts(stages, split.queries.modifications[rows], batch_size)
    found = {}

    def keep(name, places, values):
        found.setdefault(name, np.zeros(len(rows)))[places] = values

    for chosen, images in reference_blocks(stages, split, rows, batch_size):
        own = rows[chosen]
        references = stages.image_embeddings(images, batch_size)
        targets = candidates[[right[row][0] for row in own]]
        keep("query, reference", chosen, _dot(queries[own], references))
        keep("query, target", chosen, _dot(queries[own], targets))
        keep("reference, target", chosen, _dot(references, targets))
        if stages.has_parts:
            parts = stages.parts(images, texts[chosen], batch_size)
            for name, values in summarise_parts(parts, images.shape).items():
                keep(name, chosen, values)
    return found


def summarise_parts(parts, shape):
    """One number a query for each part of `Fusion.parts`.

    Args:
        parts: Dict of float arrays that broadcast to `shape`.
        shape: Shape of the reference's features.

    Returns:
        Dict of name -> float array `(shape[0],)`.
    """
    flat = {
        name: np.broadcast_to(part, shape).reshape(shape[0], -1).astype(float)
        for name, part in parts.items()
    }
    summary = {}
    if "gate" in flat:
        summary["gate"] = flat.pop("gate").mean(axis=1)
    query = sum(flat.values())
    length = np.maximum(_dot(query, query), np.finfo(float).tiny)
    for name, part in flat.items():
        summary[f"norm of {name}"] = np.sqrt(_dot(part, part))
        summary[f"share of {name}"] = _dot(part, query) / length
    return summary


def part_groups(values, kinds):
    """Mean and deviation of each number, over all queries and each kind.

    Args:
        values: Dict of name -> float array `(n,)`.
        kinds: Str array `(n,)`, or `None`.

    Returns:
        Dict of group name -> `{"n": int, name: {"mean", "deviation"}}`.
    """
    count = len(next(iter(values.values())))
    groups = {"all": np.ones(count, bool)}
    if kinds is not None:
        groups |= {str(kind): kinds == kind for kind in np.unique(kinds)}
    return {
        group: {
            "n": int(chosen.sum()),
            **{
                name: {
                    "mean": float(column[chosen].mean()),
                    "deviation": float(column[chosen].std()),
                }
                for name, column in values.items()
            },
        }
        for group, chosen in groups.items()
    }


def _dot(a, b):
    return (a * b).sum(axis=-1)
