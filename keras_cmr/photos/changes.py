"""What has changed in a folder since its pictures were embedded."""

from pathlib import Path

from keras_cmr.retrieval.bulk.folder import image_folder
from keras_cmr.retrieval.bulk.source import Source


def photo_folder(folder) -> Source:
    """`image_folder`, with size and time of each file as its metadata."""
    source = image_folder(folder)

    def pictures():
        for picture in source.pictures():
            yield picture._replace(metadata=_stamp(picture.image))

    return Source(source.name, pictures, source.count)


def outdated(gallery, source):
    """Ids in a gallery whose files are gone, and those that have changed."""
    stamps = {p.id: p.metadata for p in source.pictures()}
    ids = list(gallery.ids)
    gone = [id for id in ids if id not in stamps]
    there = [id for id in ids if id in stamps]
    changed = [
        id
        for id, record in zip(there, gallery.records(there), strict=True)
        if record.metadata != stamps[id]
    ]
    return gone, changed


def _stamp(path: Path):
    try:
        status = path.stat()
    except OSError:  # Gone, or a broken link: the decoder will say which.
        return {}
    return {"_bytes": status.st_size, "_modified": status.st_mtime}
