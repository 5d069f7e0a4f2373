"""Encoders over KerasHub's text backbones: parity, files, real weights."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import keras_hub
import numpy as np
import pytest

from keras_cmr import layers
from keras_cmr import losses
from keras_cmr import models
from tests.models.text_families import FAMILIES
from tests.models.text_families import TEXTS
from tests.models.text_families import bert
from tests.models.text_families import clip
from tests.models.text_families import siglip
from tests.testing import numpy
from tests.testing import save_and_load

ROOT = Path(__file__).parents[2]
LONG = "remove the red sleeves, " * 9


def fixed(family, **kwargs):
    """An encoder that is the same in every call: weights from a seed."""
    keras.utils.set_random_seed(0)
    backbone, tokenizer = FAMILIES[family]()
    return models.TextEncoder(backbone, tokenizer, **kwargs)


def preprocess(family, backbone, tokenizer, texts, length):
    """What KerasHub's own preprocessor of the family makes of `texts`."""
    if family == "clip":
        preprocessor = keras_hub.models.CLIPPreprocessor
    elif family.startswith("siglip"):
        preprocessor = keras_hub.models.SigLIPPreprocessor
    else:
        name = {"bert": "Bert", "distil_bert": "DistilBert"}
        name = f"{name.get(family, 'Roberta')}TextClassifierPreprocessor"
        preprocessor = getattr(keras_hub.models, name)
        return preprocessor(tokenizer, sequence_length=length)(texts)
    x = {"prompts": texts, "images": np.zeros((len(texts), 16, 16, 3))}
    return preprocessor(tokenizer, sequence_length=length)(x)


@pytest.mark.parametrize("family", FAMILIES)
def test_equals_keras_hubs_own_preprocessing_and_model(family):
    backbone, tokenizer = FAMILIES[family]()
    encoder = models.TextEncoder(backbone, tokenizer, embedding_dim=None)
    texts = [*TEXTS, LONG]
    tokens = encoder.tokenize(texts)
    assert tokens.dtype == np.int32
    x = preprocess(family, backbone, tokenizer, texts, encoder.sequence_length)
    ids = keras.ops.convert_to_numpy(x["token_ids"])
    width = tokens.shape[1]
    np.testing.assert_array_equal(tokens, ids[:, :width])
    assert (ids[:, width:] == tokenizer.pad_token_id).all()
    assert tokens[3, -1] == tokenizer.end_token_id

    if hasattr(backbone, "get_text_embeddings"):
        expected = numpy(backbone.get_text_embeddings(x["token_ids"]))
    else:
        wanted = {name: x[name] for name in backbone.input if name in x}
        states = backbone(wanted)
        if isinstance(states, dict):
            states = states["sequence_output"]
        states = numpy(states)
        lengths = (ids != tokenizer.pad_token_id).sum(axis=1)
        expected = np.stack(
            [
                row[:n].mean(axis=0)
                for row, n in zip(states, lengths, strict=True)
            ]
        )
    np.testing.assert_allclose(numpy(encoder(tokens)), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("pooling", "place"), [("first", lambda n: 0), ("last", lambda n: n - 1)]
)
def test_pooling_takes_a_token(pooling, place):
    encoder = fixed("distil_bert", embedding_dim=None, pooling=pooling)
    tokens = encoder.tokenize(TEXTS)
    lengths = [8, 6, 3]
    mask = np.arange(tokens.shape[1]) < np.array(lengths)[:, None]
    states = numpy(
        encoder.backbone({"token_ids": tokens, "padding_mask": mask})
    )
    expected = [row[place(n)] for row, n in zip(states, lengths, strict=True)]
    np.testing.assert_allclose(numpy(encoder(tokens)), expected, atol=1e-6)


def test_projection_and_normalization():
    encoder = fixed("bert", embedding_dim=None, normalize=True)
    rows = numpy(encoder(encoder.tokenize(TEXTS)))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, rtol=1e-5)
    projected = fixed("bert", embedding_dim=4, normalize=True)
    kernel, bias = projected.get_layer("projection").get_weights()
    np.testing.assert_allclose(
        numpy(projected(projected.tokenize(TEXTS))),
        rows @ kernel + bias,
        atol=1e-5,
    )


def test_what_is_not_asked_is_not_trained():
    encoder = fixed("bert")
    assert not encoder.backbone.pooled_dense.trainable
    assert encoder.backbone.token_embedding.trainable


@pytest.mark.parametrize("family", ["clip", "siglip"])
def test_only_the_text_half_is_kept(family):
    backbone, tokenizer = FAMILIES[family]()
    encoder = models.TextEncoder(backbone, tokenizer, embedding_dim=None)
    count = backbone.text_encoder.count_params()
    if family == "clip":
        count += backbone.text_projection.count_params()
    assert encoder.count_params() == count
    assert not any("vision" in weight.path for weight in encoder.weights)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision(family, policy):
    keras.config.set_dtype_policy(policy)
    try:
        encoder = fixed(family, embedding_dim=4)
        rows = numpy(encoder(encoder.tokenize(TEXTS)))
    finally:
        keras.config.set_dtype_policy("float32")
    assert rows.shape == (3, 4) and np.isfinite(rows).all()


FRESH = """
import json, sys
import keras
import keras_cmr.models
answers = {}
for path in sys.argv[2:]:
    encoder = keras.saving.load_model(path)
    tokens = encoder.tokenize(json.loads(sys.argv[1]))
    answers[path] = keras.ops.convert_to_numpy(encoder(tokens)).tolist()
print(json.dumps(answers))
"""


def run_fresh(code, *arguments):
    process = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


def test_a_fresh_process_reads_raw_texts_from_the_file_alone(tmp_path):
    texts, expected = [*TEXTS, "Rode Ärmel, ombré!"], {}
    for family in FAMILIES:
        encoder = fixed(family, embedding_dim=4)
        path = str(tmp_path / f"{family}.keras")
        encoder.save(path)
        expected[path] = numpy(encoder(encoder.tokenize(texts)))
    answers = run_fresh(FRESH, json.dumps(texts), *expected)
    for path, rows in expected.items():
        np.testing.assert_allclose(answers[path], rows, atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_config_alone_holds_the_vocabulary(family):
    encoder = fixed(family, pooling="first", normalize=True, sequence_length=9)
    config = encoder.get_config()
    json.dumps(config)
    revived = models.TextEncoder.from_config(config)
    assert revived.get_config() == config
    np.testing.assert_array_equal(
        revived.tokenize(TEXTS), encoder.tokenize(TEXTS)
    )


# KerasHub leaves the file of a SentencePiece vocabulary to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("family", [bert, clip, siglip])
def test_from_preset(family, tmp_path):
    backbone, tokenizer = family()
    backbone.save_to_preset(tmp_path)
    tokenizer.save_to_preset(tmp_path)
    ours = models.TextEncoder(backbone, tokenizer, embedding_dim=None)
    encoder = models.TextEncoder.from_preset(tmp_path, embedding_dim=None)
    tokens = encoder.tokenize(TEXTS)
    np.testing.assert_array_equal(tokens, ours.tokenize(TEXTS))
    np.testing.assert_allclose(
        numpy(encoder(tokens)), numpy(ours(tokens)), atol=1e-6
    )


def tiny_retriever(text_encoder):
    return models.ComposedRetriever(
        models.ImageEncoder(
            models.small_resnet(
                stackwise_num_filters=[64, 32],
                stackwise_num_blocks=[1, 1],
                stackwise_num_strides=[1, 2],
            ),
            image_size=16,
            embedding_dim=6,
        ),
        text_encoder,
        fusion=layers.TIRG(),
        mutual_information=[layers.TextImageMI(weight=0.1)],
    )


FRESH_RETRIEVER = """
import json, sys
import numpy as np
import keras_cmr
images, texts, answers = np.load(sys.argv[1]), json.loads(sys.argv[2]), {}
for path in sys.argv[3:]:
    model = keras_cmr.models.load(path)
    queries = model.embed_queries(images, texts).tolist()
    answers[path] = [model.fingerprint, queries]
print(json.dumps(answers))
"""


def test_retriever_trains_saves_and_keeps_its_fingerprint(tmp_path):
    images = np.random.default_rng(0).integers(0, 255, (3, 16, 16, 3), "uint8")
    np.save(tmp_path / "images.npy", images)
    expected = {}
    for family in ("bert", "clip"):
        model = tiny_retriever(fixed(family, embedding_dim=6))
        batch = {
            "reference": images,
            "target": images[::-1].copy(),
            "modification": model.text_encoder.tokenize(TEXTS),
        }
        model.compile(keras.optimizers.SGD(0.1), loss=losses.BatchSoftmax())
        variables = model.text_encoder.trainable_variables
        before = [numpy(v) for v in variables]
        history = model.fit(batch, batch_size=3, verbose=0).history
        assert np.isfinite(history["loss"]).all()
        # Biases of keys shift every score alike: no gradient.
        moved = [
            (old != numpy(v)).any()
            for old, v in zip(before, variables, strict=True)
        ]
        assert np.mean(moved) > 0.7

        path = str(tmp_path / f"{family}.keras")
        loaded = save_and_load(model, path)
        queries = numpy(model(batch)["query"])
        np.testing.assert_allclose(
            numpy(loaded(batch)["query"]), queries, atol=1e-5
        )
        assert loaded.fingerprint == model.fingerprint
        queries /= np.linalg.norm(queries, axis=1, keepdims=True)
        expected[path] = model.fingerprint, queries

    answers = run_fresh(
        FRESH_RETRIEVER, tmp_path / "images.npy", json.dumps(TEXTS), *expected
    )
    for path, (fingerprint, queries) in expected.items():
        assert answers[path][0] == fingerprint
        np.testing.assert_allclose(answers[path][1], queries, atol=1e-5)


def test_fingerprint_knows_the_vocabulary():
    """Same weights, two words of the vocabulary swapped: other rankings."""
    fingerprints = set()
    for swap in (False, True):
        keras.utils.set_random_seed(0)
        backbone, tokenizer = clip()
        if swap:
            vocabulary = dict(tokenizer.vocabulary)
            vocabulary["a"], vocabulary["name"] = (
                vocabulary["name"],
                vocabulary["a"],
            )
            tokenizer = keras_hub.tokenizers.CLIPTokenizer(
                vocabulary, tokenizer.merges
            )
        encoder = models.TextEncoder(backbone, tokenizer, embedding_dim=6)
        fingerprints.add(tiny_retriever(encoder).fingerprint)
    assert len(fingerprints) == 2


@pytest.mark.parametrize("family", FAMILIES)
def test_equal_texts_are_equal_rows(family):
    """As `ComposedRetriever` compares them to find true negatives."""
    tokens = fixed(family).tokenize(
        [TEXTS[0], "red", "remove the sleeves", "red"]
    )
    equal = (tokens[:, None] == tokens[None]).all(axis=-1)
    expected = np.eye(4, dtype=bool)
    expected[1, 3] = expected[3, 1] = True
    np.testing.assert_array_equal(equal, expected)


def with_bert(**kwargs):
    backbone, tokenizer = bert()
    return models.TextEncoder(
        **{"backbone": backbone, "tokenizer": tokenizer, **kwargs}
    )


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: with_bert(pooling="max"), ValueError, "`pooling` must be one"),
        (
            lambda: with_bert(sequence_length=13),
            ValueError,
            "`sequence_length` must be at most 12.*Received: 13",
        ),
        (
            lambda: with_bert(sequence_length=2),
            ValueError,
            "must leave room for the text.*Received: 2",
        ),
        (
            lambda: with_bert(backbone=models.small_resnet()),
            ValueError,
            "`backbone` must be a text backbone",
        ),
        (
            lambda: with_bert(tokenizer=models.Vocabulary(["red"])),
            ValueError,
            "`tokenizer` must be a KerasHub tokenizer",
        ),
        (
            lambda: with_bert(
                tokenizer=keras_hub.tokenizers.BertTokenizer(
                    bert()[1].vocabulary, sequence_length=5
                )
            ),
            ValueError,
            "must not pad or cut.*sequence_length=5",
        ),
        (
            lambda: models.TextEncoder.from_package("minilm"),
            ValueError,
            r"`package` must be one of \['all-minilm-l6-v2'\]",
        ),
        (lambda: with_bert().tokenize("red"), TypeError, r"Write \['red'\]"),
        (
            lambda: with_bert().tokenize(["red", " ?"]),
            ValueError,
            "at least one word. Received: ' \\?' at position 1",
        ),
        (lambda: with_bert().tokenize([None]), ValueError, "Received: None"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_no_texts_are_no_rows():
    assert with_bert().tokenize([]).shape == (0, 1)
