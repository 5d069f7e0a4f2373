"""From drawn or read scenes to the tables of the benchmark."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from keras_cmr.datasets.css.modifications import kind
from keras_cmr.datasets.tables import Benchmark
from keras_cmr.datasets.tables import Images
from keras_cmr.datasets.tables import Queries
from keras_cmr.datasets.tables import Split

PROTOCOLS = ("tirg/caption-match",)


@dataclasses.dataclass(frozen=True)
class Parts:
    """One split before its tables: one entry an image or a query.

    Args:
        ids: Sequence of strings, by image.
        labels: Sequence of ints, by image.
        captions: Dict from label to caption.
        combinations: Dict from label to its set of (shape, color).
        pixels: Uint8 array `(images, height, width, 3)`.
        metadata: Sequence of dicts, by image.
        references: Sequence of ints, by query: an image.
        targets: Sequence of ints, by query: the image made for it.
        texts: Sequence of strings, by query.
        missing: Tuple of strings, a line for each unreadable image.
        reference_pixels: Uint8 array like `pixels`, the images as they look
            as references, or `None` where they look the same.
    """

    ids: Sequence[str]
    labels: Sequence[int]
    captions: dict[int, str]
    combinations: dict[int, set[tuple[str, str]]]
    pixels: np.ndarray
    metadata: Sequence[dict]
    references: Sequence[int]
    targets: Sequence[int]
    texts: Sequence[str]
    missing: tuple[str, ...] = ()
    reference_pixels: np.ndarray | None = None


def image_ids(split: str, count: int) -> list[str]:
    """The names that the original gives its images."""
    return [f"css_{split}_{i:06d}" for i in range(count)]


def benchmark(train: Parts, test: Parts) -> Benchmark:
    """The benchmark of two splits.

    The vocabulary and what counts as seen come from `train` alone.
    """
    words = {word for text in train.texts for word in text.lower().split()}
    known = set().union(*train.combinations.values())
    vocabulary = tuple(sorted(words))
    return Benchmark(
        name="css",
        train=_split("train", train, vocabulary, known),
        test=_split("test", test, vocabulary, known),
        protocols=PROTOCOLS,
    )


def _split(name, parts, vocabulary, known):
    labels = [int(label) for label in parts.labels]
    images = Images(
        ids=np.array(parts.ids, str),
        labels=np.array(labels, "int32"),
        captions=np.array([parts.captions[label] for label in labels], str),
        pixels=parts.pixels,
        metadata=parts.metadata,
        reference_pixels=parts.reference_pixels,
    )
    carriers: dict[int, list[int]] = {}
    for image, label in enumerate(labels):
        carriers.setdefault(label, []).append(image)
    wanted = [labels[image] for image in parts.targets]
    queries = Queries(
        references=np.array(parts.references, "int32"),
        modifications=np.array(parts.texts, str),
        target_labels=np.array(wanted, "int32"),
        targets=tuple(
            (int(own), *(image for image in carriers[label] if image != own))
            for own, label in zip(parts.targets, wanted, strict=True)
        ),
        kinds=np.array([kind(text) for text in parts.texts], str),
        seen=np.array(
            [parts.combinations[label] <= known for label in wanted], bool
        ),
    )
    return Split(name, images, queries, vocabulary, parts.missing)
