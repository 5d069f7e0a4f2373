"""A folder of files is trained on and evaluated, never all in memory."""

import itertools

import keras
import numpy as np
import pytest

from keras_cmr import evaluation
from keras_cmr import layers
from keras_cmr import losses
from keras_cmr import models
from keras_cmr.datasets import ImageFiles
from keras_cmr.datasets import load
from tests.datasets.triplets.tree import COLUMNS
from tests.datasets.triplets.tree import csv_text
from tests.datasets.triplets.tree import draw
from tests.models import tiny

COLOURS = ["red", "blue", "green", "gray"]


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Four colours of ten things; each query asks for the next colour."""
    root = tmp_path_factory.mktemp("own")
    names = [f"{c}/{i}.jpg" for c in COLOURS for i in range(10)]
    draw(root, names)
    rows = []
    for i in range(10):
        for colour, wanted in itertools.pairwise(COLOURS):
            row = (f"{colour}/{i}.jpg", f"in {wanted}", f"{wanted}/{i}.jpg")
            rows.append((*row, f"thing {i} {wanted}", wanted))
    columns = (*COLUMNS, "label", "kind")
    (root / "triplets.csv").write_text(csv_text(rows, columns))
    return load("triplets", data_dir=root, image_size=16, gallery="all")


def test_fit_and_evaluate(own):
    assert isinstance(own.train.images.pixels, ImageFiles)
    assert len(own.train.queries) == 24 and len(own.test.queries) == 6
    keras.utils.set_random_seed(0)
    model = models.ComposedRetriever(
        tiny.image_encoder(),
        models.LSTMTextEncoder(own.train.vocabulary, 8, word_dim=8, units=8),
        fusion=layers.TIRG(),
    )
    model.compile(optimizer="sgd", loss=losses.BatchSoftmax())
    history = model.fit(
        own.train.batches(8), epochs=1, shuffle=False, verbose=0
    )
    assert np.isfinite(history.history["loss"]).all()
    report = evaluation.evaluate(
        model, own.test, protocol="tirg/caption-match", verbose=0
    )
    assert report.num_candidates == 40
    assert report.num_unanswerable == 0
    assert set(report.slices) == {"kind=blue", "kind=green", "kind=gray"}
    assert report.dataset_fingerprint == own.test.fingerprint
    # The same ranks as from all pixels in memory at once.
    pixels, queries = own.test.images.pixels[:], own.test.queries
    found = model.embed_queries(
        pixels[queries.references], queries.modifications.tolist(), verbose=0
    )
    again = evaluation.evaluate_embeddings(
        found, model.embed_targets(pixels, verbose=0), own.test
    )
    np.testing.assert_array_equal(report.ranks, again.ranks)
