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
        ("targets", 2, 2, 0),
        ("targets", 2, 2, 0),
        ("targets", 2, 2, 0),
        ("queries", 2, 2, 0),
        ("queries", 1, 2, 0),
    ]
    np.testing.assert_array_equal(pieces.ranks, expected.ranks)


def test_progress(make_split, model, capfd):
    evaluate(model, make_split(**SIX), verbose=0)
    assert capfd.readouterr().err == ""
    evaluate(model, make_split(**SIX), verbose=1)
    shown = capfd.readouterr().err
    for stage in ("embedding image", "embedding query", "ranking"):
        assert stage in shown


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


def test_missing_images_and_lost_queries_are_recorded(make_split, model):
    split = dataclasses.replace(
        make_split(**SIX), missing=("a.jpg: missing", "b"), lost_queries=1
    )
    report = evaluate(model, split, verbose=0)
    assert report.context["missing_images"] == 2
    assert report.context["lost_queries"] == 1
    # One of three is a hit at 1; of four with the lost one, 1 or 2 are.
    assert report.bounds()["R@1"] == {"low": 0.25, "high": 0.5}
    lines = str(report).splitlines()
    assert (
        "1 more queries are not counted: they need one of 2 missing images."
        in lines
    )
    rows = [line.split() for line in lines if line.startswith("R@1 ")]
    assert rows[1] == ["R@1", "25.00", "to", "50.00"]
    assert max(map(len, lines)) <= 80


def test_nothing_lost_nothing_said(make_split, model):
    report = evaluate(model, make_split(**SIX), verbose=0)
    assert report.context["lost_queries"] == 0
    assert "not counted" not in str(report)


class Fruit:
    """A benchmark, as far as `evaluate` looks at it."""

    name = "fruit"
    protocols = ("tirg/caption-match", "cirr/val", "cirr/subset", "cirr/server")


def test_several_protocols_embed_once(make_split, model):
    split = make_split(**SIX)
    names = ["cirr/val", "circo/kept", "tirg/caption-match"]
    reports = evaluate(
        model, split, protocol=names, verbose=0, benchmark="fruit"
    )
    assert [call[0] for call in model.calls] == ["targets", "queries"]
    assert list(reports) == names
    alone = evaluate(model, split, verbose=0, benchmark="fruit")
    last = reports["tirg/caption-match"]
    np.testing.assert_array_equal(last.ranks, alone.ranks)
    assert last.figures == alone.figures and last.slices == alone.slices
    # Images 1 and 4 carry label 1. By id only image 1 is right, which ties
    # with three wrong ones behind image 4.
    assert reports["cirr/val"].ranks.tolist() == [5, 3, 0]
    assert reports["circo/kept"].ranks.shape == (3, 2)


def test_all_are_those_that_fit_the_benchmark(make_split, model, tmp_path):
    split = make_split(**SIX)
    split.queries.__dict__["subsets"] = None
    reports = evaluate(
        model, split, protocol="all", verbose=0, benchmark=Fruit()
    )
    assert list(reports) == ["tirg/caption-match", "cirr/val"]
    assert reports["cirr/val"].benchmark == "fruit"
    text = str(reports)
    assert max(map(len, text.splitlines())) <= 80
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[0].startswith("fruit/test: 3 queries;")
    assert lines[1:] == [
        "protocol searched R@1 R@5 R@10 R@50 R@100",
        "tirg/caption-match 6 33.33 66.67 66.67 66.67 66.67",
        "cirr/val 6 0.00 66.67 66.67 66.67",
    ]
    reports.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "cirr_val.json",
        "tirg_caption-match.json",
    ]


def test_one_name_in_a_list_gives_a_dict(make_split, model):
    reports = evaluate(
        model, make_split(**SIX), protocol=["cirr/val"], verbose=0
    )
    assert list(reports) == ["cirr/val"]


def test_reports_say_what_is_lost(make_split, model):
    split = dataclasses.replace(make_split(**SIX), lost_queries=7)
    reports = evaluate(model, split, protocol=["cirr/val"], verbose=0)
    assert "7 more queries lack an image" in str(reports)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"protocol": "all"}, "needs the `Benchmark` .* benchmark=''"),
        ({"protocol": "all", "benchmark": "css"}, "benchmark='css'"),
        ({"protocol": []}, r"a list of names or 'all'. Received: \[\]"),
        ({"protocol": None}, "'all'. Received: None"),
        ({"protocol": ["cirr/val", "cirr/va"]}, "Did you mean 'cirr/val'"),
        ({"protocol": ["cirr/val", "mit-states/noun"]}, "does not fit"),
    ],
)
def test_bad_protocols_are_refused_before_embedding(
    make_split, model, change, message
):
    with pytest.raises(ValueError, match=message):
        evaluate(model, make_split(**SIX), **change)
    assert model.calls == []
