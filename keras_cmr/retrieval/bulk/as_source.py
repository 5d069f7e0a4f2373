"""Whatever a user has pictures in, as a `Source`."""

import io
import os
from pathlib import Path

from keras_cmr.retrieval import images as image_files
from keras_cmr.retrieval.adding import checked_ids
from keras_cmr.retrieval.bulk import image_table as tables
from keras_cmr.retrieval.bulk.folder import image_folder
from keras_cmr.retrieval.bulk.records import records
from keras_cmr.retrieval.bulk.source import Picture
from keras_cmr.retrieval.bulk.source import Source


def as_source(source):
    """The `Source` that a user means.

    Args:
        source: See `keras_cmr.retrieval.index_images`.

    Returns:
        `Source`.
    """
    if isinstance(source, Source):
        return source
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        if path.suffix.lower() in tables.ENDINGS and not path.is_dir():
            return tables.image_table(path)
        return image_folder(path)
    if hasattr(source, "as_numpy_iterator"):
        return records(source)
    # A split of a benchmark holds its table of images.
    source = getattr(source, "images", source)
    if hasattr(source, "ids") and hasattr(source, "pixels"):
        return _benchmark_table(source)
    if hasattr(source, "__getitem__") and hasattr(source, "__len__"):
        if not len(source):
            raise ValueError("`source` must hold pictures. Received: none")
        if isinstance(source[0], dict):
            return records(source)
        return _list_of_paths(source)
    raise TypeError(
        "`source` must be a folder, a table (.csv or .jsonl), a list of "
        "paths, a split of a benchmark or a TFDS data set. Received: "
        f"{type(source).__name__}"
    )


def _list_of_paths(source):
    paths = image_files.as_list(source, "source")
    for path in paths:
        if not isinstance(path, Path):
            raise TypeError(
                "`source` must hold paths; `Gallery.add` takes other images. "
                f"Received: {type(path).__name__}"
            )
    ids = checked_ids([os.fspath(path) for path in paths])

    def pictures():
        for id, path in zip(ids, paths, strict=True):
            yield Picture(id, path, {})

    return Source("a list of paths", pictures, len(paths))


def _benchmark_table(table):
    """A `keras_cmr.datasets.Images`, whose pixels may lie in files."""
    ids = checked_ids([str(id) for id in table.ids])
    metadata = table.metadata if len(table.metadata) else [{}] * len(ids)

    def pictures():
        for index, (id, own) in enumerate(zip(ids, metadata, strict=True)):
            yield Picture(id, _pixels(table.pixels, index), own)

    return Source("a table of images", pictures, len(ids))


def _pixels(pixels, index):
    if not hasattr(pixels, "content"):
        return pixels[index]
    from keras_cmr.datasets.image_records import ImageRecords

    if isinstance(pixels, ImageRecords):
        # Its paths are those of files of many images each.
        return io.BytesIO(pixels.content(index))
    return Path(pixels.paths[index])
