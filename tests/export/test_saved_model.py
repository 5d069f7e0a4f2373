"""The SavedModel, run as a server would."""

import io
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from keras_cmr import layers
from keras_cmr import models
from keras_cmr.export import export_model
from keras_cmr.export import read_card
from tests.export.expected import TEXTS
from tests.export.expected import TOLERANCE
from tests.export.expected import embeddings
from tests.models import text_families
from tests.models import tiny

# A server's: no Keras, nothing of ours.
SERVER = """
import sys
import numpy as np
import tensorflow as tf

folder, pictures, out = sys.argv[1:4]
loaded = tf.saved_model.load(folder)
contents = [bytes(x) for x in np.load(pictures, allow_pickle=True)]
texts = tf.constant(sys.argv[4:])
found = loaded.signatures["serving_default"](
    reference_bytes=tf.constant(contents), modification=texts
)
np.save(out, found["embedding"])
ours = [name for name in sys.modules if name.startswith("keras_cmr")]
assert not ours, ours
"""


def check(signatures, model, pictures):
    wanted = embeddings(model, pictures)
    images, texts = tf.constant(pictures), tf.constant(TEXTS)
    found = {
        "query": signatures["embed_queries"](
            reference_bytes=images, modification=texts
        ),
        "target": signatures["embed_targets"](image_bytes=images),
        "text": signatures["embed_texts"](modification=texts),
    }
    for name, rows in wanted.items():
        np.testing.assert_allclose(
            found[name]["embedding"], rows, atol=TOLERANCE, err_msg=name
        )


def test_fusion_of_vectors_and_words(model, exported, pictures):
    loaded = tf.saved_model.load(str(exported / "saved_model" / "1"))
    check(loaded.signatures, model, pictures)


def test_fusion_of_maps_and_bert(map_model, pictures, tmp_path):
    export_model(map_model, tmp_path / "out")
    loaded = tf.saved_model.load(str(tmp_path / "out" / "saved_model" / "1"))
    check(loaded.signatures, map_model, pictures)


def test_a_fresh_process_needs_nothing_of_ours(
    model, exported, pictures, tmp_path
):
    contents = np.array(pictures, dtype=object)
    np.save(tmp_path / "pictures.npy", contents, allow_pickle=True)
    subprocess.run(
        [
            *(sys.executable, "-c", SERVER, exported / "saved_model" / "1"),
            *(tmp_path / "pictures.npy", tmp_path / "out.npy", *TEXTS),
        ],
        check=True,
        timeout=120,
        cwd=tmp_path,
    )
    np.testing.assert_allclose(
        np.load(tmp_path / "out.npy"),
        embeddings(model, pictures)["query"],
        atol=TOLERANCE,
    )


@pytest.mark.large
def test_byte_pairs_take_token_ids(pictures, tmp_path):
    backbone, tokenizer = text_families.clip()
    encoder = models.TextEncoder(backbone, tokenizer, embedding_dim=5)
    fusion = layers.Concatenation()
    model = models.ComposedRetriever(tiny.image_encoder(), encoder, fusion)
    export_model(model, tmp_path / "out")
    signatures = read_card(tmp_path / "out")["formats"]["saved_model"][
        "signatures"
    ]
    # The text's embedding is not as wide as the images'.
    assert set(signatures) == {
        *("serving_default", "embed_queries", "embed_targets")
    }
    assert signatures["embed_queries"]["inputs"]["tokens"] == {
        "dtype": "int32",
        "shape": [None, None],
    }
    loaded = tf.saved_model.load(str(tmp_path / "out" / "saved_model" / "1"))
    texts = ["red", "make it red"]
    found = loaded.signatures["serving_default"](
        reference_bytes=tf.constant(pictures[:2]),
        tokens=tf.constant(encoder.tokenize(texts)),
    )
    wanted = model.embed_queries(
        [io.BytesIO(content) for content in pictures[:2]],
        texts,
    )
    np.testing.assert_allclose(found["embedding"], wanted, atol=TOLERANCE)


def test_bad_questions_are_errors(exported, pictures):
    loaded = tf.saved_model.load(str(exported / "saved_model" / "1"))
    ask = loaded.signatures["serving_default"]
    for images, texts, message in (
        ([b"no picture"], ["red"], "JPEG or PNG"),
        (pictures[:1], ["?"], "one word"),
        (pictures[:2], ["red"], "dimension|shape|Incompatible"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            ask(
                reference_bytes=tf.constant(images),
                modification=tf.constant(texts),
            )
