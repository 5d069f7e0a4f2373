"""Where a gallery lies: a folder or a Milvus server."""

from pathlib import Path

_MILVUS = "milvus://"


def create_backend(location, fingerprint, settings):
    """Makes the empty backend of `Gallery.create`."""
    return _kind(location).create(location, fingerprint, settings)


def open_backend(location, fingerprint):
    """Opens the backend of `Gallery.open`."""
    return _kind(location).open(location, fingerprint)


def holds_gallery(location):
    """Whether `open_backend` would find something there."""
    return _kind(location).exists(location)


def _kind(location):
    if not isinstance(location, str | Path):
        raise TypeError(
            "`location` must be a folder or "
            f"'milvus://host:port/collection'. Received: {location!r}"
        )
    if str(location).startswith(_MILVUS):
        from keras_cmr.retrieval.milvus.backend import MilvusBackend

        return MilvusBackend
    from keras_cmr.retrieval.local.backend import LocalBackend

    return LocalBackend
