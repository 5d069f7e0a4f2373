"""The LSTM and GRU encoders: value, padding, files old and new."""

from pathlib import Path

import keras
import numpy as np
import pytest

from keras_cmr.models import GRUTextEncoder
from keras_cmr.models import LSTMTextEncoder
from tests.testing import numpy
from tests.testing import save_and_load

WORDS = ["make", "red", "top-left"]
SIZES = {"embedding_dim": 3, "word_dim": 4, "units": 5}
TEXTS = ["make top-left red", "red"]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(x, kernel, recurrent, bias):
    h = c = np.zeros(5)
    for row in x:
        i, f, g, o = np.split(row @ kernel + h @ recurrent + bias, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return h


def gru(x, kernel, recurrent, bias):
    h = np.zeros(5)
    for row in x:
        z, r, n = np.split(row @ kernel + bias[0], 3)
        hz, hr, hn = np.split(h @ recurrent + bias[1], 3)
        z, r = sigmoid(z + hz), sigmoid(r + hr)
        h = z * h + (1 - z) * np.tanh(n + r * hn)
    return h


@pytest.mark.parametrize(
    ("kind", "step"), [(LSTMTextEncoder, lstm), (GRUTextEncoder, gru)]
)
def test_last_real_step_projected(kind, step, tmp_path):
    keras.utils.set_random_seed(0)
    encoder = kind(WORDS, **SIZES)
    assert encoder.name.startswith(kind.__name__[:3].lower())
    words, *cell, kernel, bias = encoder.get_weights()
    tokens = encoder.tokenize(TEXTS)
    expected = [
        step(words[row[:n]], *cell) @ kernel + bias
        for row, n in zip(tokens, [3, 1], strict=True)
    ]
    rows = numpy(encoder(tokens))
    np.testing.assert_allclose(rows, expected, atol=1e-5)

    loaded = save_and_load(encoder, tmp_path / "encoder.keras")
    assert type(loaded) is kind
    assert loaded.get_config() == encoder.get_config()
    np.testing.assert_allclose(
        numpy(loaded(loaded.tokenize(TEXTS))), rows, atol=1e-6
    )


def test_a_file_of_version_0_1_loads():
    path = Path(__file__).parent / "data/lstm_text_encoder_0.1.keras"
    encoder = keras.saving.load_model(path)
    tokens = encoder.tokenize(["make it red", "top-left"])
    # As that version printed them.
    np.testing.assert_allclose(
        numpy(encoder(tokens)),
        [[5.2077021e-04, 7.4002857e-04], [-1.8931867e-05, -2.0200634e-04]],
        rtol=1e-4,
    )
