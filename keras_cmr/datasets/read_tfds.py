"""From TFDS records back to tables."""

import dataclasses
import json
from collections.abc import Iterator

import numpy as np

from keras_cmr.datasets.image_records import ImageRecords
from keras_cmr.datasets.tables import Benchmark
from keras_cmr.datasets.tables import Images
from keras_cmr.datasets.tables import Queries
from keras_cmr.datasets.tables import Split
from keras_cmr.datasets.tfds_examples import SUMMARY

# A TFRecord is length, checksum, content, checksum.
_BEFORE, _AFTER = 12, 4
_IMAGES = ("image", "reference_image")


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
    import pathlib

    import tensorflow_datasets as tfds
    from PIL import Image

    import keras_cmr.datasets

    pathlib.Path("shop/images").mkdir(parents=True)
    for name, red in (("a.png", 90), ("b.png", 200)):
        Image.new("RGB", (8, 8), (red, 0, 0)).save(f"shop/images/{name}")
    pathlib.Path("shop/test.csv").write_text(
        "reference,modification,target\\na.png,brighter,b.png\\n"
    )
    builder = tfds.builder("triplets/images", data_dir="records")
    builder.download_and_prepare(
        download_config=tfds.download.DownloadConfig(manual_dir="shop")
    )
    shop = keras_cmr.datasets.read_tfds(builder)
    shop.test.images.ids[shop.test.queries.targets[0][0]]    # "b.png"
    ```
    """
    import tensorflow_datasets as tfds

    said = (builder.info.metadata or {}).get(SUMMARY)
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
    if "train" in splits:
        sampler = tfds.builder_cls(said["benchmark"]).make_sampler(
            splits["train"].images, said["arguments"]
        )
        splits["train"] = dataclasses.replace(splits["train"], sampler=sampler)
    return Benchmark(
        name=said["benchmark"],
        protocols=tuple(said["protocols"]),
        **{"train": None, **splits},
    )


def _split(builder, role, said, image_size) -> Split:
    rows = [
        row
        for path in builder.info.splits[role].filepaths
        for row in _records(str(path), builder.info.features)
    ]
    rows.sort(key=lambda row: row["index"])
    _check_numbers(builder, role, "image", rows)
    queries = [query for row in rows for query in _queries(row)]
    queries.sort(key=lambda query: query["index"])
    _check_numbers(builder, role, "query", queries)
    return Split(
        name=said["name"],
        images=_image_table(rows, said, image_size or said["image_size"]),
        queries=_query_table(queries, said["columns"]),
        vocabulary=tuple(said["vocabulary"]),
        missing=tuple(said["missing"]),
        lost_queries=said["lost_queries"],
    )


def _records(path: str, features) -> Iterator[dict]:
    """The examples of a file, each image as (file, first byte, size)."""
    import tensorflow as tf
    import tensorflow_datasets as tfds

    images = [name for name in _IMAGES if name in features]
    skip = {name: tfds.decode.SkipDecoding() for name in images}
    start = 0
    try:
        # TensorFlow compares the checksums.
        for record in tf.data.TFRecordDataset(path).as_numpy_iterator():
            row = features.deserialize_example_np(record, decoders=skip)
            start += _BEFORE
            for name in images:
                place = start + record.index(row[name])
                row[name] = (path, place, len(row[name]))
            yield row
            start += len(record) + _AFTER
    except (tf.errors.DataLossError, tf.errors.NotFoundError) as error:
        raise ValueError(
            f"The record file {path} is damaged or missing: {error.message}"
        ) from None


def _queries(row: dict) -> Iterator[dict]:
    columns = row["queries"]
    lists = {
        "targets": _cut(row["targets"], columns["num_targets"]),
        "subsets": _cut(row["subset"], columns["num_subset"]),
    }
    for q in range(len(columns["index"])):
        query = {name: values[q] for name, values in columns.items()}
        query |= {name: values[q] for name, values in lists.items()}
        yield {**query, "reference": row["index"]}


def _cut(values, counts) -> list[tuple[int, ...]]:
    ends = np.cumsum(counts, dtype=int)
    return [tuple(part.tolist()) for part in np.split(values, ends)[:-1]]


def _check_numbers(builder, role, what, rows):
    if [int(row["index"]) for row in rows] != list(range(len(rows))):
        raise ValueError(
            f"The records in {builder.data_path} are not whole: each {what} "
            f"of the split {role!r} must be there once."
        )


def _image_table(rows, said, image_size) -> Images:
    def pixels(name):
        if name not in rows[0]:
            return None
        records = ImageRecords([row[name] for row in rows], image_size)
        return records if said["files"] else records[:]

    names = rows[0].get("attributes", {})
    return Images(
        ids=_texts(row["id"] for row in rows),
        labels=np.array([row["label"] for row in rows], "int32"),
        captions=_texts(row["caption"] for row in rows),
        pixels=pixels("image"),
        metadata=(
            [json.loads(row["metadata"]) for row in rows]
            if said["metadata"]
            else ()
        ),
        attributes={
            name: _texts(row["attributes"][name] for row in rows)
            for name in names
        },
        reference_pixels=pixels("reference_image"),
    )


def _query_table(rows, columns) -> Queries:
    made = {
        "kinds": lambda: _texts(row["kind"] for row in rows),
        "seen": lambda: np.array([row["seen"] for row in rows], bool),
        "ids": lambda: _texts(row["id"] for row in rows),
        "subsets": lambda: _tuples(row["subsets"] for row in rows),
    }
    return Queries(
        references=np.array([row["reference"] for row in rows], "int32"),
        modifications=_texts(row["modification"] for row in rows),
        target_labels=np.array([row["target_label"] for row in rows], "int32"),
        targets=_tuples(row["targets"] for row in rows),
        **{column: made[column]() for column in columns},
    )


def _texts(values) -> np.ndarray:
    return np.array([value.decode() for value in values], str)


def _tuples(values) -> tuple[tuple[int, ...], ...]:
    # Queries of equal content have equal targets: one tuple for all of them.
    known: dict[tuple[int, ...], tuple[int, ...]] = {}
    return tuple(known.setdefault(value, value) for value in values)
