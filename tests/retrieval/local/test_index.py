import numpy as np
import pytest

from keras_cmr.retrieval.local import index as module
from keras_cmr.retrieval.local.blocks import Blocks
from keras_cmr.retrieval.local.index import Index
from keras_cmr.retrieval.local.index import Setting
from keras_cmr.retrieval.scann import num_leaves_for
from tests.retrieval.dictionary import clustered_rows

ROWS = 1500
FULL = Setting(ROWS, num_leaves_for(ROWS), ROWS)


@pytest.fixture(scope="module")
def vectors():
    return clustered_rows(ROWS)


@pytest.fixture(scope="module", params=["mapped", "int8"])
def index(request, vectors, scann_module):
    """Row `i` of the index is row `i + 5` of the gallery; a few are gone."""
    blocks = Blocks([np.ones((5, 32), "f"), vectors])
    rows = np.arange(ROWS) + 5
    index = Index.build(vectors, rows.copy(), blocks, request.param)
    index.rows[::10] = -1
    return index


@pytest.mark.parametrize("k", [1, 10, 300])
def test_everything_searched_is_exact(index, vectors, k):
    queries = clustered_rows(60, seed=4)
    rows, scores = index.search(queries, k, FULL)
    assert rows.shape == scores.shape == (60, k)
    cosines = vectors @ queries.T
    cosines[::10] = -np.inf
    for found, got, own in zip(rows, scores, cosines.T, strict=True):
        want = np.sort(own)[::-1][:k]
        assert np.allclose(got, want, atol=1e-6)
        assert np.allclose(own[found - 5], got, atol=1e-6)
        assert len(set(found.tolist())) == k
    assert (np.diff(scores, axis=1) <= 0).all()


def test_the_setting_is_that_which_covers_k(index):
    index.settings = [Setting(10, 1, 20), Setting(100, 2, 200)]
    assert index.longest == 100
    assert [index.setting(k).leaves for k in (1, 10, 11, 100)] == [1, 1, 2, 2]


def test_queries_beyond_one_piece_keep_their_order(index, monkeypatch):
    queries = clustered_rows(60, seed=4)
    want = index.search(queries, 5, FULL)
    monkeypatch.setattr(module, "_ROWS_READ", 7 * ROWS)
    got = index.search(queries, 5, FULL)
    assert np.allclose(got[1], want[1], atol=1e-6)
    assert np.mean(got[0] == want[0]) > 0.99


@pytest.mark.parametrize("count", [1, 9])
def test_places_without_a_candidate_score_minus_infinity(index, count):
    queries = clustered_rows(count, seed=4)
    rows, scores = index.search(queries, 300, Setting(300, 1, 600))
    assert rows.shape == scores.shape and len(rows) == count
    assert not np.isnan(scores).any() and (scores[:, 0] > -1).all()
    assert (np.isneginf(scores) == (rows < 0)).all()
