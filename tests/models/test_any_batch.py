import logging

import keras
import numpy as np
import pytest

from keras_cmr.models.any_batch import outputs

rng = np.random.default_rng(0)


@pytest.fixture
def model():
    """Two inputs, one of any length, and layers that training changes."""
    pixels = keras.Input((8, 8, 3), name="pixels")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    image = keras.layers.Conv2D(4, 3)(pixels)
    image = keras.layers.BatchNormalization()(image)
    image = keras.layers.GlobalAveragePooling2D()(image)
    text = keras.layers.Embedding(9, 4, mask_zero=True)(tokens)
    text = keras.layers.LSTM(4)(text)
    both = keras.layers.Dropout(0.5)(image + text)
    return keras.Model(
        {"pixels": pixels, "tokens": tokens}, {"both": both, "text": text}
    )


def rows(count, length=3, kind="uint8"):
    return {
        "pixels": rng.integers(0, 255, (count, 8, 8, 3)).astype(kind),
        "tokens": rng.integers(1, 9, (count, length)).astype("int32"),
    }


@pytest.mark.parametrize("kind", ["uint8", "float32"])
def test_what_keras_predicts(model, kind):
    for count, length in ((5, 3), (2, 3), (7, 6), (1, 1)):
        inputs = rows(count, length, kind)
        found = outputs(model, inputs)
        wanted = model.predict_on_batch(inputs)
        assert found.keys() == wanted.keys()
        for name in wanted:
            assert isinstance(found[name], np.ndarray)
            np.testing.assert_allclose(found[name], wanted[name], atol=1e-6)


def test_weights_may_change(model):
    inputs = rows(3)
    before = outputs(model, inputs)["both"]
    model.set_weights([weight + 0.5 for weight in model.get_weights()])
    after = outputs(model, inputs)["both"]
    assert np.abs(after - before).max() > 0.01
    np.testing.assert_allclose(
        after, model.predict_on_batch(inputs)["both"], atol=1e-6
    )


def test_many_models_and_sizes_make_no_warning(caplog):
    for _ in range(8):
        given = keras.Input((3,))
        model = keras.Model(given, keras.layers.Dense(2)(given))
        for count in (4, 1, 3, 2):
            assert outputs(model, np.ones((count, 3), "int64")).shape == (
                count,
                2,
            )
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []
