"""LiteRT files, run by TensorFlow's own interpreter."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cmr.export import export_model
from keras_cmr.export import read_card
from tests.export.expected import TEXTS
from tests.export.expected import TOLERANCE
from tests.export.expected import embeddings
from tests.export.expected import prepared

LENGTH = 5


def runner(path):
    with warnings.catch_warnings():
        # The same interpreter has moved to a package of its own.
        warnings.filterwarnings("ignore", message=r"\s*Warning: tf.lite")
        interpreter = tf.lite.Interpreter(str(path))
    return interpreter.get_signature_runner()


def run(folder, pixels, tokens, length):
    rows = np.zeros((len(tokens), length), np.int32)
    rows[:, : tokens.shape[1]] = tokens
    pixels = np.stack(pixels)
    query = runner(folder / "query.tflite")
    target = runner(folder / "target.tflite")
    return {
        "query": query(reference=pixels, modification=rows)["embedding"],
        "target": target(image=pixels)["embedding"],
    }


@pytest.fixture(scope="module")
def litert(model, tmp_path_factory):
    out = tmp_path_factory.mktemp("litert") / "out"
    return export_model(model, out, "litert", text_length=LENGTH)


def test_fusion_of_vectors_and_words(model, litert, pictures):
    wanted = embeddings(model, pictures)
    found = run(litert / "litert", *prepared(model, pictures), LENGTH)
    for name, rows in found.items():
        np.testing.assert_allclose(rows, wanted[name], atol=TOLERANCE)
    files = read_card(litert)["formats"]["litert"]["files"]
    inputs = files["query.tflite"]["inputs"]
    assert inputs["modification"]["shape"] == [None, LENGTH]


def test_recurrent_layers_are_as_before(model, litert):
    (layer,) = (
        layer
        for layer in model.text_encoder._flatten_layers()
        if isinstance(layer, keras.layers.RNN)
    )
    assert not layer.unroll
    texts = [" ".join(["red"] * 40), TEXTS[0]]
    assert model.embed_texts(texts).shape == (2, 8)


@pytest.mark.large
def test_fusion_of_maps_and_bert(map_model, pictures, tmp_path):
    export_model(map_model, tmp_path / "out", "litert")
    wanted = embeddings(map_model, pictures)
    parts = prepared(map_model, pictures)
    # As many as the encoder reads.
    found = run(tmp_path / "out" / "litert", *parts, 12)
    for name, rows in found.items():
        np.testing.assert_allclose(rows, wanted[name], atol=TOLERANCE)


@pytest.mark.large
def test_int8_is_smaller_and_near(model, litert, pictures, tmp_path):
    export_model(
        model, tmp_path / "out", "litert", int8=True, text_length=LENGTH
    )
    wanted = embeddings(model, pictures)
    parts = prepared(model, pictures)
    found = run(tmp_path / "out" / "litert", *parts, LENGTH)
    for name, rows in found.items():
        assert 0 < np.abs(rows - wanted[name]).max() < 0.1
        sizes = [
            (folder / "litert" / f"{name}.tflite").stat().st_size
            for folder in (tmp_path / "out", litert)
        ]
        assert sizes[0] < 0.5 * sizes[1]
