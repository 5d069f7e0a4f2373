import dataclasses
import platform

import numpy as np
import pytest

import keras_cmr
from keras_cmr.evaluation import evaluate
from keras_cmr.evaluation import evaluate_embeddings

SIX = {
    "labels": [0, 1, 2, 3, 1, 9],
    "references": [0, 0, 5],
    "target_labels": [1, 3, 9],
    "kinds": ["add", "remove", "add"],
    "seen": [True, False, False],
}


@pytest.fixture
def model(look_up_model):
    images = 3 * np.eye(6, dtype=np.float32) + 0.5
    texts = np.zeros((3, 6), dtype=np.float32)
    texts[0, 4] = 9  # query 0: image 4, label 1, right: rank 1
    texts[1, [1, 2, 3]] = 9, 7, 5  # query 1: image 3 comes third
    return look_up_model(images, texts)  # query 2: no valid candidate


def test_from_model_to_report(make_split, model):
    report = evaluate(
        model,
        make_split(**SIX),
        verbose=0,
        benchmark="css",
        context={"command": "a b", "seeds": [1]},
    )
    assert report.ranks.tolist() == [1, 3, 0]
    assert report.figures["R@1"]["value"] == pytest.approx(1 / 3)
    assert report.figures["R@5"]["value"] == pytest.approx(2 / 3)
    assert (report.num_queries, report.num_candidates) == (3, 6)
    assert report.num_unanswerable == 1
    assert {name: part["n"] for name, part in report.slices.items()} == {
        "kind=add": 2,
        "kind=remove": 1,
        "seen=False": 2,
        "seen=True": 1,
    }
    assert report.slices["kind=add"]["figures"]["R@1"]["value"] == 0.5
    assert report.slices["kind=remove"]["figures"]["R@5"]["value"] == 1.0
    assert report.slices["kind=remove"]["figures"]["R@1"]["value"] == 0.0
    assert (report.benchmark, report.split) == ("css", "test")
    assert report.dataset_fingerprint == "data-hash"
    assert report.model_fingerprint == "model-hash"
    assert report.package_version == keras_cmr.__version__
    assert report.context["command"] == "a b"
    assert report.context["python"] == platform.python_version()
    assert report.context["numpy"] == np.__version__
    assert report.context["cpu"] and report.context["date"][4] == "-"


def test_queries_are_embedded_in_pieces_of_whole_batches(
    make_split, model, monkeypatch
):
    expected = evaluate(model, make_split(**SIX), verbose=0)
    model.calls.clear()
    # One image has 2 * 2 * 3 = 12 bytes; 30 bytes hold one batch of two.
    monkeypatch.setitem(evaluate.__globals__, "PIECE_BYTES", 30)
    pieces = evaluate(model, make_split(**SIX), batch_size=2, verbose=0)
    assert model.calls == [
        ("targets", 6, 2, 0),
        ("queries", 2, 2, 0),
        ("queries", 1, 2, 0),
    ]
    np.testing.assert_array_equal(pieces.ranks, expected.ranks)


def test_progress(make_split, model, capfd):
    evaluate(model, make_split(**SIX), verbose=0)
    assert capfd.readouterr().err == ""
    evaluate(model, make_split(**SIX), verbose=1)
    shown = capfd.readouterr().err
    assert "embedding queries" in shown and "ranking" in shown
    assert ("targets", 6, 256, 1) in model.calls


def test_scores_are_cosines(make_split):
    # By inner product image 1 would win; by angle image 2 does.
    split = make_split([0, 1, 2], [0], [2])
    gallery = np.array([[-1, 0], [100, 100], [1, 0.1]], dtype=np.float32)
    report = evaluate_embeddings(np.array([[5.0, 0.0]]), gallery, split)
    assert report.ranks.tolist() == [1]
    assert report.model_fingerprint == ""


def test_constant_embeddings_do_not_score(make_split):
    split = make_split(range(150), [0, 7], [149, 3])
    vector = np.random.default_rng(0).standard_normal(64)
    report = evaluate_embeddings(
        np.tile(vector, (2, 1)), np.tile(vector, (150, 1)), split
    )
    assert report.ranks.tolist() == [149, 149]
    assert report.figures["R@100"] == {"value": 0, "low": 0, "high": 0}


QUERIES, GALLERY = np.ones((3, 2)), np.ones((6, 2))


@pytest.mark.parametrize(
    ("queries", "gallery", "message"),
    [
        (QUERIES[:2], GALLERY, r"`queries` must have shape \(3, dim\).*\(2, 2"),
        (QUERIES, GALLERY[:5], r"`candidates` .* the split's images"),
        (QUERIES, np.ones(6), r"`candidates` .* Received: shape \(6,\)"),
        (
            QUERIES * [[0], [1], [0]],
            GALLERY,
            "`queries` .* Received: 0 non-finite and 2 zero rows of 3",
        ),
        (
            QUERIES,
            GALLERY * [[np.nan], [0], [1], [np.inf], [1], [1]],
            "`candidates` .* Received: 2 non-finite and 1 zero rows of 6",
        ),
        (QUERIES, np.ones((6, 3)), "same dimension"),
    ],
)
def test_embedding_errors(make_split, queries, gallery, message):
    with pytest.raises(ValueError, match=message):
        evaluate_embeddings(queries, gallery, make_split(**SIX))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"protocol": "tirg/caption"}, ValueError, "Did you mean 'tirg/capt"),
        ({"chunk_size": 0}, ValueError, "`chunk_size`"),
        ({"resamples": 0}, ValueError, "`resamples`"),
        ({"context": [1]}, TypeError, r"`context` must be a dict.*\[1\]"),
        ({"context": {"a": {1}}}, TypeError, "`context` must fit into JSON"),
        ({"context": {"a": np.nan}}, TypeError, "`context` must fit into"),
    ],
)
def test_bad_arguments_are_refused_before_embedding(
    make_split, model, change, error, message
):
    with pytest.raises(error, match=message):
        evaluate(model, make_split(**SIX), **change)
    assert model.calls == []


def test_split_without_labels_or_queries(make_split, model):
    split = make_split(**SIX)
    bare = dataclasses.replace(
        split, images=dataclasses.replace(split.images, labels=None)
    )
    with pytest.raises(ValueError, match="does not fit the split"):
        evaluate(model, bare)
    with pytest.raises(ValueError, match="at least one"):
        evaluate_embeddings(
            np.ones((0, 2)), GALLERY, make_split(SIX["labels"], [], [])
        )
