"""From TFDS records back to tables."""

import dataclasses

import numpy as np

from keras_cmr.datasets.image_records import ImageRecords
from keras_cmr.datasets.tables import Benchmark
from keras_cmr.datasets.tables import Images
from keras_cmr.datasets.tables import Queries
from keras_cmr.datasets.tables import Split
from keras_cmr.datasets.tfds_examples import SUMMARY
from keras_cmr.datasets.tfds_records import read_rows


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
    if builder.info.file_format.value != "tfrecord":
        raise ValueError(
            "`builder` must have its records in TFDS's default file format, "
            f"tfrecord. Received: {builder.info.file_format.value}"
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
        for row in read_rows(str(path), said["attributes"])
    ]
    rows.sort(key=lambda row: row["index"])
    queries = [query for row in rows for query in row["queries"]]
    queries.sort(key=lambda query: query["index"])
    for what, table in (("image", rows), ("query", queries)):
        if [row["index"] for row in table] != list(range(len(table))):
            raise ValueError(
                f"The records in {builder.data_path} are not whole: each "
                f"{what} of the split {role!r} must be there once."
            )
    return Split(
        name=said["name"],
        images=_image_table(rows, said, image_size or said["image_size"]),
        queries=_query_table(queries, said["columns"]),
        vocabulary=tuple(said["vocabulary"]),
        missing=tuple(said["missing"]),
        lost_queries=said["lost_queries"],
    )


def _image_table(rows, said, image_size) -> Images:
    def pixels(name):
        if name not in rows[0]:
            return None
        records = ImageRecords([row[name] for row in rows], image_size)
        return records if said["files"] else records[:]

    return Images(
        ids=np.array([row["id"] for row in rows], str),
        labels=np.array([row["label"] for row in rows], "int32"),
        captions=np.array([row["caption"] for row in rows], str),
        pixels=pixels("image"),
        metadata=[row["metadata"] for row in rows] if said["metadata"] else (),
        attributes={
            name: np.array([row["attributes"][name] for row in rows], str)
            for name in said["attributes"]
        },
        reference_pixels=pixels("reference_image"),
    )


def _query_table(rows, columns) -> Queries:
    def array(name, kind):
        return np.array([row[name] for row in rows], kind)

    # Queries of equal content have equal targets: one tuple for all of them.
    known: dict[tuple[int, ...], tuple[int, ...]] = {}
    optional = {
        "kinds": lambda: array("kinds", str),
        "seen": lambda: array("seen", bool),
        "ids": lambda: array("ids", str),
        "subsets": lambda: tuple(row["subsets"] for row in rows),
    }
    return Queries(
        references=array("reference", "int32"),
        modifications=array("modification", str),
        target_labels=array("target_label", "int32"),
        targets=tuple(
            known.setdefault(row["targets"], row["targets"]) for row in rows
        ),
        **{column: optional[column]() for column in columns},
    )
