"""The input cut into parts, each the work for one shard."""

import hashlib
import io
import json
from itertools import islice
from pathlib import Path

from keras_cmr.retrieval.adding import Inputs
from keras_cmr.retrieval.metadata import checked_metadata


def cut(pictures, size):
    """Yields the `Inputs` of each `size` pictures, in order."""
    pictures = iter(pictures)
    while some := list(islice(pictures, size)):
        ids, images, metadata = map(list, zip(*some, strict=True))
        yield Inputs(images, ids, checked_metadata(metadata, len(ids)))


def digest(part):
    """SHA-256 of what a part holds: ids, metadata, images.

    A file counts by its size and the time of its last change: reading all of
    them again would take as long as half the work.
    """
    total = hashlib.sha256()
    for image, id, metadata in zip(*part, strict=True):
        line = [id, metadata, *_stamp(image)]
        total.update(json.dumps(line, sort_keys=True).encode())
    return total.hexdigest()


def _stamp(image):
    if isinstance(image, Path):
        try:
            status = image.stat()
        except OSError:
            return ["missing"]
        return [status.st_size, status.st_mtime_ns]
    if isinstance(image, io.BytesIO):
        return [hashlib.sha256(image.getbuffer()).hexdigest()]
    return [list(image.shape), hashlib.sha256(image.tobytes()).hexdigest()]
