"""From tables to what TFDS writes: the examples of a split."""

import io
import itertools
import json
from collections.abc import Iterator

import numpy as np
from PIL import Image

from keras_cmr.datasets.image_files import ImageFiles
from keras_cmr.datasets.tables import Benchmark
from keras_cmr.datasets.tables import Split
from keras_cmr.picture_file import open_picture

# Where TFDS's `DatasetInfo.metadata` keeps what belongs to no row.
SUMMARY = "keras_cmr"
ROLES = ("train", "test", "server")
# The columns of a table of queries that may be `None`.
OPTIONAL = ("kinds", "seen", "ids", "subsets")
# A JPEG of several pictures, as some cameras write, is a JPEG to TensorFlow.
_TENSORFLOW_READS = ("JPEG", "PNG", "MPO")


def summary(benchmark: Benchmark) -> dict:
    """What the tables hold beside rows, as JSON can keep it."""
    return {
        "benchmark": benchmark.name,
        "protocols": list(benchmark.protocols),
        "splits": {
            role: _split_summary(split)
            for role in ROLES
            if (split := getattr(benchmark, role)) is not None
        },
    }


def _split_summary(split: Split) -> dict:
    return {
        "name": split.name,
        "vocabulary": list(split.vocabulary),
        "missing": list(split.missing),
        "lost_queries": split.lost_queries,
        "columns": [
            c for c in OPTIONAL if getattr(split.queries, c) is not None
        ],
        "attributes": list(split.images.attributes),
        "metadata": len(split.images.metadata) > 0,
        "files": isinstance(split.images.pixels, ImageFiles),
        "image_size": split.images.pixels.shape[1],
    }


def triplets(split: Split) -> Iterator[tuple[int, dict]]:
    """Key and example of every query that has a target."""
    images, queries = split.images, split.queries
    kinds = queries.kinds if queries.kinds is not None else [""] * len(queries)
    for q, targets in enumerate(queries.targets):
        if not targets:
            continue
        reference, target = int(queries.references[q]), targets[0]
        yield (
            q,
            {
                "reference": image_bytes(split.reference_pixels, reference),
                "modification": str(queries.modifications[q]),
                "target": image_bytes(images.pixels, target),
                "reference_id": int(images.labels[reference]),
                "target_id": int(images.labels[target]),
                "reference_name": str(images.ids[reference]),
                "target_name": str(images.ids[target]),
                "kind": str(kinds[q]),
            },
        )


def images(split: Split) -> Iterator[tuple[int, dict]]:
    """Key and example of every image, with the queries that start from it."""
    table, queries = split.images, split.queries
    starting: dict[int, list[int]] = {}
    for q, reference in enumerate(queries.references.tolist()):
        starting.setdefault(reference, []).append(q)
    for i in range(len(table)):
        own = starting.get(i, [])
        targets = [queries.targets[q] for q in own]
        subsets = [queries.subsets[q] if queries.subsets else () for q in own]
        metadata = table.metadata[i] if table.metadata else None
        example = {
            "index": i,
            "id": str(table.ids[i]),
            "image": image_bytes(table.pixels, i),
            "label": int(table.labels[i]),
            "caption": str(table.captions[i]),
            "metadata": json.dumps(metadata),
            "queries": {
                "index": own,
                "id": _optional(queries.ids, own, ""),
                "modification": queries.modifications[own].tolist(),
                "target_label": queries.target_labels[own].tolist(),
                "num_targets": [len(each) for each in targets],
                "kind": _optional(queries.kinds, own, ""),
                "seen": _optional(queries.seen, own, False),
                "num_subset": [len(each) for each in subsets],
            },
            "targets": list(itertools.chain(*targets)),
            "subset": list(itertools.chain(*subsets)),
        }
        if table.attributes:
            example["attributes"] = {
                name: str(values[i])
                for name, values in table.attributes.items()
            }
        if table.reference_pixels is not None:
            example["reference_image"] = image_bytes(table.reference_pixels, i)
        yield i, example


def _optional(column: np.ndarray | None, queries: list[int], nothing) -> list:
    return (
        [nothing] * len(queries) if column is None else column[queries].tolist()
    )


def image_bytes(pixels: np.ndarray | ImageFiles, index: int) -> bytes:
    """An image as its file holds it; drawn ones as PNG.

    A file that TensorFlow can't decode as one picture (WebP, GIF) becomes a
    PNG of the same pixels.
    """
    if not isinstance(pixels, ImageFiles):
        return _png(Image.fromarray(pixels[index]))
    content = pixels.content(index)
    with open_picture(io.BytesIO(content)) as image:
        if image.format in _TENSORFLOW_READS:
            return content
        return _png(image.convert("RGB"))


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, format="PNG")
    return file.getvalue()
