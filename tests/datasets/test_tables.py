import dataclasses

import numpy as np
import pytest

from keras_cmr.datasets import Images
from keras_cmr.datasets import Queries
from keras_cmr.datasets import Split


def split(**changes):
    """Three images, one query."""
    values = {
        "ids": np.array(["a", "b", "c"]),
        "labels": np.array([0, 1, 1], "int32"),
        "captions": np.array(["red", "blue", "blue"]),
        "pixels": np.arange(36, dtype="uint8").reshape(3, 2, 2, 3),
        "references": np.array([0], "int32"),
        "modifications": np.array(["make it blue"]),
        "target_labels": np.array([1], "int32"),
        "targets": ((1, 2),),
        "kinds": np.array(["other"]),
        "seen": np.array([True]),
    } | changes
    tables = [
        table(
            **{
                f.name: values[f.name]
                for f in dataclasses.fields(table)
                if f.name in values
            }
        )
        for table in (Images, Queries)
    ]
    return Split("train", *tables, vocabulary=("blue", "it", "make"))


def test_lengths():
    assert len(split().images) == 3
    assert len(split().queries) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"captions": np.array(["red", "blue", "cyan"])},
        {"modifications": np.array(["make it cyan"])},
        {"references": np.array([1], "int32")},
        {"targets": ((2, 1),)},
        {"subsets": ((2, 1),)},
        {"pixels": np.arange(1, 37, dtype="uint8").reshape(3, 2, 2, 3)},
        {"pixels": np.arange(36, dtype="uint8").reshape(3, 1, 4, 3)},
    ],
)
def test_fingerprint_sees_every_change_of_content(change):
    assert len(split().fingerprint) == 64
    assert split(**change).fingerprint != split().fingerprint


def test_references_look_like_the_images_unless_said_otherwise():
    plain = split()
    assert plain.reference_pixels is plain.images.pixels
    drawings = 255 - plain.images.pixels
    other = split(reference_pixels=drawings)
    assert other.reference_pixels is drawings
    assert other.fingerprint != plain.fingerprint


def test_fingerprint_ignores_how_the_arrays_are_stored():
    same = split(
        pixels=np.asfortranarray(split().images.pixels),
        references=np.array([0], "int64"),
        captions=np.array(["red", "blue", "blue"], "<U20"),
    )
    assert same.fingerprint == split().fingerprint
