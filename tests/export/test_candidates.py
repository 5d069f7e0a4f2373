"""A gallery inside the graph."""

import io

import numpy as np
import pytest
import tensorflow as tf

from keras_cmr.export import export_model
from keras_cmr.export import read_card
from keras_cmr.export.candidates import Candidates
from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval.scann import ScannUnavailable
from keras_cmr.retrieval.scann import load_scann
from tests.export.expected import TEXTS


@pytest.fixture(scope="module")
def gallery(model, tmp_path_factory):
    made = Gallery.create(tmp_path_factory.mktemp("shop") / "gallery", model)
    rows = np.random.default_rng(0).normal(size=(600, 8)).astype("float32")
    made.add_embeddings(rows, [f"shoe {number}" for number in range(600)])
    made.remove(["shoe 7"])
    return made


def test_exact_search_is_the_gallerys(model, gallery, pictures, tmp_path):
    out = export_model(model, tmp_path / "out", gallery=gallery)
    card = read_card(out)["formats"]["saved_model"]
    assert card["gallery"] == {"images": 599, "engine": "exact"}
    loaded = tf.saved_model.load(str(out / "saved_model" / "1"))
    found = loaded.signatures["search"](
        reference_bytes=tf.constant(pictures),
        modification=tf.constant(TEXTS),
        k=tf.constant(5),
    )
    images = [io.BytesIO(content) for content in pictures]
    queries = model.embed_queries(images, TEXTS)
    wanted = gallery.search_embeddings(queries, k=5)
    assert [[id.decode() for id in row] for row in found["ids"].numpy()] == [
        [hit.id for hit in hits] for hits in wanted
    ]
    np.testing.assert_allclose(
        found["scores"],
        [[hit.score for hit in hits] for hits in wanted],
        atol=1e-6,
    )


def test_k_larger_than_the_gallery(gallery):
    queries = tf.constant(np.eye(8, dtype="float32")[:2])
    ids, scores = Candidates(gallery, "exact").search(queries, tf.constant(999))
    assert ids.shape == scores.shape == (2, 599)
    with pytest.raises(tf.errors.InvalidArgumentError, match="at least 1"):
        Candidates(gallery, "exact").search(queries, tf.constant(0))


def test_scann_finds_what_exact_search_finds(gallery, tmp_path):
    try:
        load_scann()
    except ScannUnavailable as error:
        pytest.skip(str(error))
    if not tf.__version__.startswith("2.20."):
        pytest.skip("ScaNN's ops fit TensorFlow 2.20 alone")
    candidates = Candidates(gallery, "scann")
    assert candidates.card["engine"] == "scann"
    assert candidates.card["recall@10"] >= 0.98
    # As it is in a server: saved and loaded.
    specs = [tf.TensorSpec((None, 8)), tf.TensorSpec((), tf.int32)]
    candidates.ask = tf.function(candidates.search, specs)
    tf.saved_model.save(
        candidates,
        str(tmp_path / "scann"),
        options=tf.saved_model.SaveOptions(namespace_whitelist=["Scann"]),
    )
    loaded = tf.saved_model.load(str(tmp_path / "scann"))
    rows = np.random.default_rng(1).normal(size=(50, 8))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    queries = tf.constant(rows, tf.float32)
    found, scores = loaded.ask(queries, 10)
    wanted, best = Candidates(gallery, "exact").search(queries, 10)
    shared = [
        len(set(a) & set(b))
        for a, b in zip(found.numpy(), wanted.numpy(), strict=True)
    ]
    assert np.mean(shared) > 9
    np.testing.assert_allclose(scores[:, 0], best[:, 0], atol=0.05)
    with pytest.raises(tf.errors.InvalidArgumentError, match="fewer than `k`"):
        loaded.ask(queries, 599)
    # What it can't reach it says.
    vectors = np.concatenate([part.vectors for part in gallery.rows()])
    with pytest.warns(UserWarning, match="not 1.1, on these embeddings"):
        type(candidates._searcher)(vectors, recall_target=1.1)
