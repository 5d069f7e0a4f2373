"""Records of TensorFlow Datasets, without importing TensorFlow."""

import numpy as np

from keras_cmr.retrieval.bulk.source import Picture
from keras_cmr.retrieval.bulk.source import Source
from keras_cmr.retrieval.images import as_image

_IDS = ("id", "tfds_id")
_READ_CONFIG = "read_config=tfds.ReadConfig(add_tfds_id=True)"


def records(data):
    """The pictures of a `tf.data.Dataset`, or of a sequence of dicts.

    Each record has an `image`, a uint8 array, and an `id` or a `tfds_id`.
    Its other numbers and texts become metadata, `{"label": 3}`.

    Args:
        data: What `tfds.load(..., split=...)` gives, or a sequence of dicts
            such as `tfds.data_source` makes. The order must be the same each
            time (TFDS reads in order unless `shuffle_files=True`).

    Returns:
        `Source`.
    """
    try:
        count = len(data)
    except TypeError:
        count = None  # tf.data says so where it does not know

    def pictures():
        seen = set()
        for position, record in enumerate(_iterate(data)):
            picture = _picture(position, record)
            if picture.id in seen:
                raise ValueError(
                    "`source` must hold every id once. Received twice: "
                    f"{picture.id!r}"
                )
            seen.add(picture.id)
            yield picture

    return Source("a data set of records", pictures, count)


def _iterate(data):
    if hasattr(data, "as_numpy_iterator"):
        return data.as_numpy_iterator()
    return (data[index] for index in range(len(data)))


def _picture(position, record):
    if not isinstance(record, dict) or "image" not in record:
        raise ValueError(
            "`source` must hold records with an `image`. Received: record "
            f"{position}, {_described(record)}"
        )
    names = [name for name in _IDS if name in record]
    if not names:
        raise ValueError(
            "`source` must hold records with an `id`; TFDS adds a `tfds_id` "
            f"by {_READ_CONFIG}. Received: record {position}, "
            f"{_described(record)}"
        )
    id = _plain(record[names[0]])
    image = np.asarray(record["image"])
    if image.ndim == 3 and image.shape[2] == 1:
        image = np.repeat(image, 3, axis=2)
    metadata = {
        name: _plain(value)
        for name, value in record.items()
        if name not in ("image", names[0])
    }
    return Picture(
        str(id),
        as_image(image, "source"),
        {name: value for name, value in metadata.items() if value is not None},
    )


def _plain(value):
    """A number or text as JSON has it, or `None` for anything else."""
    if isinstance(value, np.ndarray | np.generic) and value.ndim == 0:
        value = value.item()
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return None
    return value if isinstance(value, str | int | float | bool) else None


def _described(record):
    if isinstance(record, dict):
        return f"with {', '.join(map(str, record)) or 'nothing'}"
    return f"a {type(record).__name__}"
