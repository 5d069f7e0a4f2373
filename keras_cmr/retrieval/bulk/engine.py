"""From parts of images to their rows, here or on a cluster."""

from keras_cmr.retrieval.adding import embed_rows


def embed_parts(parts, model, dim, strict, cluster, progress):
    """Embeds one part after another.

    Args:
        parts: Iterable of `(number, Inputs)`, gone through once.
        model: Has `embed_targets(images)`.
        dim: Int or `None`. Width the embeddings must have.
        strict: Bool. Whether an unreadable image is an error.
        cluster: `RayCluster`, or `None` for this process.
        progress: Called with a number of images that are done.

    Yields:
        `(number, Inputs, NewRows, skipped)`, in the order of the parts.
    """
    if cluster is not None:
        from keras_cmr.retrieval.bulk.on_ray import embed_parts_on_ray

        yield from embed_parts_on_ray(
            parts, model, dim, strict, cluster, progress
        )
        return
    for number, part in parts:
        rows, skipped = embed_rows(model, part, dim, strict, progress)
        if rows.ids:
            dim = rows.vectors.shape[1]
        yield number, part, rows, skipped
