"""A whole retriever in int8: near the float one, saved and loaded alike."""

import keras
import numpy as np
import pytest

from keras_cmr import layers
from keras_cmr import models
from tests.models import tiny
from tests.quantization import quantize
from tests.testing import numpy
from tests.testing import save_and_load


def modes(model):
    kinds = (keras.layers.Dense, keras.layers.Embedding)
    found = [x for x in model._flatten_layers() if isinstance(x, kinds)]
    return [layer.quantization_mode for layer in found]


def embed(model):
    queries = model.embed_queries(tiny.pictures(), tiny.TEXTS)
    targets = model.embed_targets(tiny.pictures(seed=1))
    return queries, targets, model.embed_texts(tiny.TEXTS)


def test_retriever(tmp_path):
    keras.utils.set_random_seed(0)
    model = models.ComposedRetriever(
        tiny.image_encoder(),
        tiny.text_encoder(),
        fusion=layers.TIRG(),
        mutual_information=[
            layers.TextImageMI(),
            layers.FusionImageMI(level="P2"),
        ],
    )
    outputs = model(tiny.batch_for(model))
    before = embed(model)
    quantize(model)
    # Projections of image and text and the words; the fusion; two
    # discriminators of two sides of three layers.
    assert modes(model) == ["int8"] * (3 + 3 + 12)
    rows = embed(model)
    # Unit rows, so this is an angle of a few degrees.
    for old, new in zip(before, rows, strict=True):
        assert np.abs(new - old).max() > 0
    for name, quantized in zip(("query", "target"), rows[:2], strict=True):
        np.testing.assert_allclose(
            quantized, numpy(outputs[name]) / 4, atol=0.05
        )

    tokens = model.text_encoder.tokenize(tiny.TEXTS)
    texts = numpy(model.text_encoder(tokens))
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    np.testing.assert_allclose(rows[2], texts, atol=1e-5)

    loaded = save_and_load(model, tmp_path / "model.keras")
    assert modes(loaded) == modes(model)
    assert loaded.fingerprint == model.fingerprint
    for expected, found in zip(rows, embed(loaded), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("part", ["image", "text"])
def test_encoders_alone(part, tmp_path):
    encoder = getattr(tiny, f"{part}_encoder")()
    inputs = tiny.pictures()
    if part == "text":
        inputs = encoder.tokenize(tiny.TEXTS)
    quantize(encoder)
    loaded = save_and_load(encoder, tmp_path / "encoder.keras")
    expected = encoder.predict(inputs, verbose=0)
    keras.tree.map_structure(
        np.testing.assert_array_equal,
        loaded.predict(inputs, verbose=0),
        expected,
    )
