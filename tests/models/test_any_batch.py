import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

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


def test_quantized_weights_are_other_weights():
    given = keras.Input((16,))
    model = keras.Model(given, keras.layers.Dense(8)(given))
    inputs = rng.normal(size=(4, 16)).astype("float32")
    before = outputs(model, inputs)
    model.layers[1].quantize("int8")
    after = outputs(model, inputs)
    np.testing.assert_allclose(after, model.predict_on_batch(inputs), atol=1e-6)
    assert np.abs(after - before).max() > 1e-4


@pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="TensorFlow traces"
)
def test_one_trace_a_model_for_threads_and_sizes():
    traces = []

    class Traced(keras.layers.Layer):
        def call(self, inputs):
            traces.append(inputs.shape)
            return inputs * 2.0

    given = keras.Input((3,))
    model = keras.Model(given, Traced()(given))
    traces.clear()

    def ask(count):
        found = outputs(model, np.ones((count, 3), "float32"))
        np.testing.assert_array_equal(found, np.full((count, 3), 2.0))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, [1, 2, 3, 4] * 8))
    assert traces == [(None, 3)]


@pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="TensorFlow warns"
)
def test_many_models_make_no_warning():
    """In a process of its own: TensorFlow warns but twice in each."""
    code = """
import keras, numpy as np, sys
from keras_cmr.models.any_batch import outputs
def ask(model, rows):
    if sys.argv[1] == "ours":
        return outputs(model, rows)
    return model.predict_on_batch(rows)
for _ in range(8):
    given = keras.Input((3,))
    ask(keras.Model(given, keras.layers.Dense(2)(given)), np.ones((1, 3)))
"""
    said = {
        who: subprocess.run(
            [sys.executable, "-c", code, who],
            capture_output=True,
            text=True,
            check=True,
        ).stderr
        for who in ("ours", "keras")
    }
    assert "retracing" in said["keras"] and "retracing" not in said["ours"]
