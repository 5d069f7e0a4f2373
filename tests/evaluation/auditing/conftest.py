import numpy as np
import pytest

from keras_cmr.datasets import Benchmark
from keras_cmr.datasets import Images
from keras_cmr.datasets import Queries
from keras_cmr.datasets import Split


def pictures(seeds, side=24):
    """Noise: one picture a seed, equal for equal seeds."""
    return np.stack(
        [
            np.random.default_rng(seed).integers(
                0, 256, (side, side, 3), "uint8"
            )
            for seed in seeds
        ]
    )


def split_of(
    name,
    pixels,
    queries=((0, "make it red", (1,)),),
    vocabulary=("it", "make", "red"),
    captions=None,
    **own,
):
    """A split; `queries` are (reference, text, targets)."""
    n = len(pixels)
    images = Images(
        ids=np.array([f"{name}{i}.png" for i in range(n)]),
        labels=np.arange(n, dtype="int32"),
        captions=np.array(
            captions or [f"picture number {i}" for i in range(n)]
        ),
        pixels=pixels,
    )
    references, texts, targets = zip(*queries, strict=True)
    table = Queries(
        references=np.array(references, "int32"),
        modifications=np.array(texts),
        target_labels=np.array([t[0] if t else -1 for t in targets], "int32"),
        targets=tuple(targets),
    )
    return Split(name, images, table, tuple(vocabulary), **own)


@pytest.fixture
def make_split():
    return split_of


@pytest.fixture
def make_pictures():
    return pictures


@pytest.fixture
def make_benchmark():
    def make(train=None, test=None, server=None, **test_own):
        return Benchmark(
            name="hand-made",
            train=train or split_of("train", pictures(range(4))),
            test=test or split_of("test", pictures(range(10, 14)), **test_own),
            protocols=("triplets/target-id",),
            server=server,
        )

    return make
