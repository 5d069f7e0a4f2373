import numpy as np
import pytest

from keras_cmr.retrieval.exclusion import Exclusion
from keras_cmr.retrieval.local import calibration
from keras_cmr.retrieval.local import planner
from keras_cmr.retrieval.local.blocks import Blocks
from keras_cmr.retrieval.local.index import Index
from tests.retrieval.dictionary import clustered_rows
from tests.retrieval.dictionary import random_rows
from tests.retrieval.dictionary import unit


def built(vectors, reorder="mapped"):
    blocks = Blocks([vectors])
    index = Index.build(vectors, np.arange(len(vectors)), blocks, reorder)

    def search_exactly(queries, k):
        nothing = Exclusion.nothing(len(queries))
        alive = np.ones(len(vectors), bool)
        return planner.search_exactly(blocks, queries, k, nothing, alive)

    def run(target, queries=None):
        if queries is None:
            queries = calibration.sample_queries(blocks, np.arange(len(blocks)))
        return calibration.calibrate(index, search_exactly, queries, target)

    return index, run


@pytest.mark.parametrize("reorder", ["mapped", "bfloat16"])
def test_calibration_reaches_its_target_on_other_queries(scann, reorder):
    vectors = clustered_rows(2000)
    index, run = built(vectors, reorder)
    report = run(0.95)
    assert report["reached"] and report["recall_target"] == 0.95
    assert [s.k for s in index.settings] == [10, 100, 300, 1000]
    for result, setting in zip(report["results"], index.settings, strict=True):
        assert (result["k"], result["leaves"], result["depth"]) == setting
        assert result["recall"] >= 0.95
        assert result["curve"][-1][:2] == [setting.leaves, setting.depth]
        assert result["curve"][-1][2] == pytest.approx(
            result["recall"], abs=1e-4
        )
    assert index.settings[0].leaves < report["num_leaves"]
    other = calibration.sample_queries(Blocks([vectors]), np.arange(2000), 99)
    for k in (10, 100):
        want = np.argsort(-(other @ vectors.T), axis=1)[:, :k]
        got, _ = index.search(other, k)
        shared = [len(set(a) & set(b)) for a, b in zip(got, want, strict=True)]
        assert np.mean(shared) / k > 0.92


def test_calibration_reports_a_target_out_of_reach(scann, monkeypatch):
    # Hashes of two numbers tell few of these rows apart.
    _, run = built(random_rows(3000, 2))
    monkeypatch.setattr(calibration, "_DEPTHS", (1,))
    result = run(0.95)
    assert not result["reached"]
    assert result["results"][0]["leaves"] == result["num_leaves"]
    monkeypatch.undo()
    # A deeper re-ordering is tried before more leaves.
    result = run(0.95)
    assert result["results"][0]["depth"] > 50
    assert result["results"][0]["recall"] >= 0.95


def test_equal_vectors_do_not_lower_the_measured_recall(scann):
    _, run = built(np.tile(unit(np.ones((1, 16))), (400, 1)))
    assert run(1.0)["reached"]


def test_no_more_queries_are_used_than_it_takes(scann):
    vectors = clustered_rows(300)
    _, run = built(vectors)
    assert run(0.5, clustered_rows(900, seed=3))["num_queries"] == 400
    assert run(0.5, clustered_rows(1, seed=3))["num_queries"] == 1


def test_sampled_queries_lie_beside_the_rows_they_come_from():
    vectors = clustered_rows(1000, 256)
    some = np.arange(500, 600)
    queries = calibration.sample_queries(Blocks([vectors]), some)
    assert queries.shape == (100, 256) and queries.dtype == np.float32
    assert np.allclose(np.linalg.norm(queries, axis=1), 1, atol=1e-5)
    own = (queries @ vectors[some].T).max(axis=1)
    assert own == pytest.approx(np.full(100, 0.71), abs=0.15)
    again = calibration.sample_queries(Blocks([vectors]), some)
    assert np.array_equal(queries, again)
    other = calibration.sample_queries(Blocks([vectors]), some, seed=1)
    assert not np.array_equal(queries, other)
