"""Arguments that the functions of this folder share."""

from keras_cmr.retrieval.bulk.ray_cluster import RayCluster


def check_shard_size(shard_size):
    if isinstance(shard_size, bool) or not isinstance(shard_size, int):
        raise TypeError(
            f"`shard_size` must be an integer. Received: {shard_size!r}"
        )
    if shard_size < 1:
        raise ValueError(
            f"`shard_size` must be at least 1. Received: {shard_size}"
        )


def check_cluster(cluster):
    if cluster is not None and not isinstance(cluster, RayCluster):
        raise TypeError(
            "`cluster` must be a `keras_cmr.retrieval.RayCluster` or None. "
            f"Received: {cluster!r}"
        )
