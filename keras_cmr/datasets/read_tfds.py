"""From TFDS records back to tables."""

import json
from collections.abc import Iterator

import numpy as np

from keras_cmr.datasets.image_records import ImageRecords
from keras_cmr.datasets.tables import Benchmark
from keras_cmr.datasets.tables import Images
from keras_cmr.datasets.tables import Queries
from keras_cmr.datasets.tables import Split
from keras_cmr.datasets.tfds_examples import OPTIONAL

# A TFRecord is length, checksum, content, checksum.
_BEFORE, _AFTER = 12, 4


def read_tfds(builder, image_size: int | None = None) -> Benchmark:
    """A benchmark from its TFDS records.

    The tables are those that reading the original files gives, and so is the
    fingerprint. Images stay in the record files and are decoded when they
    are asked for; drawn ones, as CSS's, are an array here as there.

    Args:
        builder: A prepared `tfds.core.DatasetBuilder` of a config whose name
            ends in `images`, in TFDS's default file format, on a local disk.
        image_size: int. Height and width of the pixels. Defaults to the
            size with which the records were made.

    Returns:
        A `keras_cmr.datasets.Benchmark`.

    Example:

    ```python
    import tensorflow_datasets as tfds

    import keras_cmr.datasets

    builder = tfds.builder("css/generated_images", data_dir="records")
    ```
    """
    said = (builder.info.metadata or {}).get("keras_cmr")
    if said is None or "queries" not in builder.info.features:
        raise ValueError(
            "`builder` must be a builder of `keras_cmr.datasets` with a "
            "config that ends in `images`, and prepared by "
            "`builder.download_and_prepare(...)`. Received: "
            f"{builder.info.full_name}, prepared: {builder.is_prepared()}"
        )
    splits = {
        role: _split(builder, role, split_said, image_size)
        for role, split_said in said["splits"].items()
    }
    return Benchmark(
        name=said["benchmark"],
        protocols=tuple(said["protocols"]),
        **{"train": None, **splits},
    )


def _split(builder, role, said, image_size) -> Split:
    rows, paths, ranges = [], [], []
    for path in builder.info.splits[role].filepaths:
        for row, start, size in _records(str(path), builder.info.features):
            rows.append(row)
            paths.append(str(path))
            ranges.append((start, size))
    order = np.argsort([row["index"] for row in rows])
    rows = [rows[i] for i in order]
    _check_numbers(builder, role, "image", rows)
    queries = [query for row in rows for query in _queries(row)]
    queries.sort(key=lambda query: query["index"])
    _check_numbers(builder, role, "query", queries)
    pixels = ImageRecords(
        [paths[i] for i in order],
        np.array(ranges, "int64")[order],
        image_size or said["image_size"],
    )
    return Split(
        name=said["name"],
        images=_image_table(rows, pixels if said["files"] else pixels[:], said),
        queries=_query_table(queries, said["columns"]),
        vocabulary=tuple(said["vocabulary"]),
        missing=tuple(said["missing"]),
        lost_queries=said["lost_queries"],
    )


def _records(path: str, features) -> Iterator[tuple[dict, int, int]]:
    """The examples of a file, with first byte and size of each image."""
    import tensorflow as tf
    import tensorflow_datasets as tfds

    skip = {"image": tfds.decode.SkipDecoding()}
    start = 0
    try:
        # It checks the checksums.
        for record in tf.data.TFRecordDataset(path).as_numpy_iterator():
            row = features.deserialize_example_np(record, decoders=skip)
            image = row.pop("image")
            start += _BEFORE
            yield row, start + record.index(image), len(image)
            start += len(record) + _AFTER
    except (tf.errors.DataLossError, tf.errors.NotFoundError) as error:
        raise ValueError(
            f"The record file {path} is damaged or missing: {error.message}"
        ) from None


def _queries(row: dict) -> Iterator[dict]:
    columns = row["queries"]
    for q, index in enumerate(columns["index"]):
        query = {name: values[q] for name, values in columns.items()}
        yield {**query, "reference": row["index"], "index": index}


def _check_numbers(builder, role, what, rows):
    if [int(row["index"]) for row in rows] != list(range(len(rows))):
        raise ValueError(
            f"The records in {builder.data_path} are not whole: each {what} "
            f"of the split {role!r} must be there once."
        )


def _image_table(rows, pixels, said) -> Images:
    names = rows[0].get("attributes", {}) if rows else {}
    return Images(
        ids=_texts(row["id"] for row in rows),
        labels=np.array([row["label"] for row in rows], "int32"),
        captions=_texts(row["caption"] for row in rows),
        pixels=pixels,
        metadata=(
            [json.loads(row["metadata"]) for row in rows]
            if said["metadata"]
            else ()
        ),
        attributes={
            name: _texts(row["attributes"][name] for row in rows)
            for name in names
        },
    )


def _query_table(rows, columns) -> Queries:
    made = {
        "kinds": lambda values: _texts(values),
        "ids": lambda values: _texts(values),
        "seen": lambda values: np.array(list(values), bool),
        "subsets": _tuples,
    }
    return Queries(
        references=np.array([row["reference"] for row in rows], "int32"),
        modifications=_texts(row["modification"] for row in rows),
        target_labels=np.array([row["target_label"] for row in rows], "int32"),
        targets=_tuples(row["targets"] for row in rows),
        **{
            column: made[column](row[OPTIONAL[column][0]] for row in rows)
            for column in columns
        },
    )


def _texts(values) -> np.ndarray:
    return np.array([value.decode() for value in values], str)


def _tuples(values) -> tuple[tuple[int, ...], ...]:
    # Queries of equal content have equal targets: one tuple for all of them.
    known: dict[tuple[int, ...], tuple[int, ...]] = {}
    tuples = (tuple(value.tolist()) for value in values)
    return tuple(known.setdefault(value, value) for value in tuples)
