"""Metadata of images, as JSON holds it."""

import json

from keras_cmr.retrieval.images import listed


def checked_metadata(metadata, count):
    """Checks metadata and detaches it from the caller's objects.

    Args:
        metadata: List of dicts that JSON can hold unchanged, or `None`.
        count: Int. Number of images.

    Returns:
        List of `count` new dicts.
    """
    if metadata is None:
        return [{} for _ in range(count)]
    metadata = listed(metadata, "metadata")
    if len(metadata) != count:
        raise ValueError(
            "`metadata` must hold one dict per image. Received: "
            f"{len(metadata)} for {count} images"
        )
    return [_json_copy(entry) for entry in metadata]


def _json_copy(entry):
    if not isinstance(entry, dict):
        raise TypeError(f"`metadata` must hold dicts. Received: {entry!r}")
    try:
        copy = json.loads(json.dumps(entry, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(
            f"`metadata` must be JSON-able: {error}. Received: {entry!r}"
        ) from error
    if copy != entry:
        raise ValueError(
            "`metadata` must come back from JSON unchanged (string keys, "
            f"lists not tuples). Received: {entry!r}"
        )
    return copy
