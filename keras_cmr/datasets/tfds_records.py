"""The rows of a benchmark in TFDS's record files."""

import itertools
import json
from collections.abc import Iterator
from collections.abc import Sequence

# A TFRecord is length, checksum, content, checksum.
_BEFORE, _AFTER = 12, 4
# It takes longer to hand over a record than to read it.
_BATCH = 256


def read_rows(path: str, attributes: Sequence[str]) -> Iterator[dict]:
    """The images of a record file, each with the queries that start from it.

    The examples are those of the configs `images` of `tfds_builder`, parsed
    here because TFDS takes half a millisecond for each.

    Args:
        path: string. The file.
        attributes: Sequence of strings, the names of the image attributes.

    Yields:
        Dicts, one an image. `image` and, if the file has it,
        `reference_image` are tuples for `ImageRecords`; `queries` is a list
        of dicts.

    Raises:
        ValueError: Naming a file that is damaged or missing.
    """
    import tensorflow as tf

    for record, first in _records(path):
        example = tf.train.Example.FromString(record).features.feature
        row = {
            "index": _ints(example, "index")[0],
            "label": _ints(example, "label")[0],
            "id": _texts(example, "id")[0],
            "caption": _texts(example, "caption")[0],
            "metadata": json.loads(_texts(example, "metadata")[0]),
            "attributes": {
                name: _texts(example, f"attributes/{name}")[0]
                for name in attributes
            },
        }
        for name in ("image", "reference_image"):
            if name in example:
                (content,) = example[name].bytes_list.value
                row[name] = (path, first + record.index(content), len(content))
        row["queries"] = _queries(example, row["index"])
        yield row


def _records(path: str) -> Iterator[tuple[bytes, int]]:
    """Each record and its first byte in the file."""
    import tensorflow as tf

    first = _BEFORE
    try:
        # TensorFlow compares the checksums.
        batches = tf.data.TFRecordDataset(path).batch(_BATCH)
        for record in itertools.chain.from_iterable(
            batches.as_numpy_iterator()
        ):
            yield record, first
            first += len(record) + _AFTER + _BEFORE
    except (tf.errors.DataLossError, tf.errors.NotFoundError) as error:
        raise ValueError(
            f"The record file {path} is damaged or missing: {error.message}"
        ) from None


def _queries(example, reference: int) -> list[dict]:
    targets = iter(_ints(example, "targets"))
    subset = iter(_ints(example, "subset"))
    columns = zip(
        _ints(example, "queries/index"),
        _texts(example, "queries/modification"),
        _ints(example, "queries/target_label"),
        _ints(example, "queries/num_targets"),
        _texts(example, "queries/kind"),
        _ints(example, "queries/seen"),
        _texts(example, "queries/id"),
        _ints(example, "queries/num_subset"),
        strict=True,
    )
    return [
        {
            "index": index,
            "reference": reference,
            "modification": modification,
            "target_label": label,
            "targets": tuple(itertools.islice(targets, num_targets)),
            "kinds": kind,
            "seen": bool(seen),
            "ids": own_id,
            "subsets": tuple(itertools.islice(subset, num_subset)),
        }
        for (
            index,
            modification,
            label,
            num_targets,
            kind,
            seen,
            own_id,
            num_subset,
        ) in columns
    ]


def _ints(example, name: str) -> list[int]:
    return list(example[name].int64_list.value)


def _texts(example, name: str) -> list[str]:
    return [text.decode() for text in example[name].bytes_list.value]
