"""Ranked examples from embeddings."""

import numpy as np

from keras_cmr.visualization.examples import RankedExample
from keras_cmr.visualization.examples import RankedHit
from keras_cmr.visualization.pixels import check_positive


def ranked_examples(query_embeddings, gallery_embeddings, split, indices, k=6):
    """Rank the gallery for chosen queries, ready to be drawn.

    The rule is the one of `"tirg/caption-match"`: the gallery is every image
    of the split, scored by cosine, the query's own reference image is
    removed, and a candidate is right if its label equals the target's. Of
    equal scores the wrong candidates come first, then the earlier image, so
    that `rank` is what `evaluate` reports.

    Args:
        query_embeddings: Float array `(queries, dim)`, a row for every query
            of the split.
        gallery_embeddings: Float array `(images, dim)`, a row for every image
            of the split.
        split: `keras_cmr.datasets.Split`.
        indices: Sequence of int. The queries to show, in this order.
        k: int. Hits per query. Defaults to `6`.

    Returns:
        List of `RankedExample`. `rank` is the place of the first right
        answer among all candidates, `0` if there is none, and `target` the
        picture at this place.
    """
    images, queries = split.images, split.queries
    num_images, num_queries = len(images.labels), len(queries.references)
    query_embeddings = _unit_rows(
        query_embeddings, "query_embeddings", num_queries
    )
    gallery_embeddings = _unit_rows(
        gallery_embeddings, "gallery_embeddings", num_images
    )
    if query_embeddings.shape[1] != gallery_embeddings.shape[1]:
        raise ValueError(
            "`query_embeddings` and `gallery_embeddings` must have the same "
            f"dimension. Received: {query_embeddings.shape[1]} and "
            f"{gallery_embeddings.shape[1]}."
        )
    check_positive(k, "k")
    if k > num_images - 1:
        raise ValueError(
            "`k` must be at most the number of candidates. "
            f"Received: k={k} with {num_images - 1} candidates."
        )
    indices = _checked_indices(indices, num_queries)
    scores = _scores(query_embeddings[indices], gallery_embeddings)
    return [
        _example(row, split, index, k)
        for index, row in zip(indices, scores, strict=True)
    ]


def _unit_rows(embeddings, name, count):
    embeddings = np.asarray(embeddings, dtype=np.float32)
    if embeddings.ndim != 2 or len(embeddings) != count:
        raise ValueError(
            f"`{name}` must have the shape ({count}, dim), one row for each "
            f"in the split. Received: shape {embeddings.shape}."
        )
    norms = np.linalg.norm(embeddings, axis=1, keepdims=True)
    wrong = np.count_nonzero(~np.isfinite(norms) | (norms == 0))
    if wrong:
        raise ValueError(
            f"`{name}` must have rows of finite, positive length. "
            f"Received: {wrong} rows that have not."
        )
    return embeddings / norms


def _scores(queries, gallery):
    """Cosines `(queries, images)`, the same for equal images to the last bit.

    A matrix product may round equal rows differently at its edges, and a
    picture would win a tie by its place. So each distinct row is scored once.
    """
    whole_row = np.dtype((np.void, gallery.shape[1] * gallery.itemsize))
    _, first, place = np.unique(
        np.ascontiguousarray(gallery).view(whole_row)[:, 0],
        return_index=True,
        return_inverse=True,
    )
    return (queries @ gallery[first].T)[:, place]


def _checked_indices(indices, count):
    indices = np.asarray(indices)
    if indices.size == 0:
        return np.zeros(0, int)
    if indices.ndim != 1 or indices.dtype.kind not in "iu":
        raise TypeError(
            "`indices` must be a flat sequence of integers. "
            f"Received: shape {indices.shape} of {indices.dtype}."
        )
    if indices.min() < 0 or indices.max() >= count:
        raise ValueError(
            f"`indices` must lie in 0..{count - 1}. "
            f"Received: {indices.min()}..{indices.max()}."
        )
    return indices


def _example(scores, split, index, k):
    images, queries = split.images, split.queries
    right = images.labels == queries.target_labels[index]
    order = np.lexsort((right, -scores))
    order = order[order != queries.references[index]]
    right = right[order]
    places = np.flatnonzero(right)
    hits = [
        RankedHit(
            images.pixels[candidate],
            float(scores[candidate]),
            bool(correct),
            str(images.captions[candidate]),
        )
        for candidate, correct in zip(order[:k], right[:k], strict=True)
    ]
    return RankedExample(
        reference=split.reference_pixels[queries.references[index]],
        modification=str(queries.modifications[index]),
        hits=hits,
        target=images.pixels[order[places[0]]] if places.size else None,
        rank=int(places[0]) + 1 if places.size else 0,
    )
