import types

import numpy as np
import pytest

COLOURS = {
    "red": (200, 0, 0),
    "green": (0, 200, 0),
    "blue": (0, 0, 200),
    "white": (255, 255, 255),
}


def plain(colour, height=8, width=8):
    return np.full((height, width, 3), COLOURS[colour], np.uint8)


@pytest.fixture(name="plain")
def plain_fixture():
    """Function that makes a picture of one colour."""
    return plain


@pytest.fixture
def split():
    """A split of 12 pictures in 5 contents with 9 queries."""
    random = np.random.default_rng(7)
    labels = random.integers(0, 5, 12).astype(np.int32)
    labels[:5] = range(5)
    references = random.integers(0, 12, 9)
    target_labels = random.integers(0, 5, 9).astype(np.int32)
    images = types.SimpleNamespace(
        labels=labels,
        captions=np.array([f"content {label}" for label in labels]),
        pixels=random.integers(0, 256, (12, 6, 6, 3)).astype(np.uint8),
    )
    queries = types.SimpleNamespace(
        references=references,
        modifications=np.array([f"change {i}" for i in range(9)]),
        target_labels=target_labels,
    )
    return types.SimpleNamespace(
        images=images, queries=queries, reference_pixels=images.pixels
    )
