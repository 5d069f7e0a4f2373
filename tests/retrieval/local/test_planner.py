"""Every way a search may go, against a loop over the rows."""

import numpy as np
import pytest

from keras_cmr.retrieval.exclusion import Exclusion
from keras_cmr.retrieval.local import planner
from keras_cmr.retrieval.local.blocks import Blocks
from keras_cmr.retrieval.local.index import Index
from keras_cmr.retrieval.local.index import Setting
from keras_cmr.retrieval.scann import num_leaves_for
from tests.retrieval.dictionary import clustered_rows

ROWS, INDEXED, BUILT = 3000, 2900, 2800
QUERIES = 9


class Perfect:
    """In ScaNN's place: proposes the truly best of some rows."""

    def __init__(self, vectors):
        self.vectors = vectors
        self.calls = []

    def candidates(self, queries, k, leaves, depth):
        self.calls.append((len(queries), k, depth))
        return np.argsort(-(queries @ self.vectors.T), axis=1)[:, :depth]


def plain(vectors, queries, k, exclude, allowed):
    """Rows and scores by a loop, one query and one candidate at a time."""
    found = []
    for query, out in zip(queries, exclude, strict=True):
        candidates = sorted({*np.flatnonzero(allowed).tolist()} - {*out})
        scored = [(-float(vectors[row] @ query), row) for row in candidates]
        found.append(sorted(scored)[:k])
    return found


def assert_same(got, want):
    rows, scores = got
    for found, cosines, wanted in zip(rows, scores, want, strict=True):
        n = len(wanted)
        assert np.isneginf(cosines[n:]).all() and len(set(found[:n])) == n
        assert cosines[:n] == pytest.approx([-s for s, _ in wanted], abs=1e-5)
        exact = {row: -score for score, row in wanted}
        last = -wanted[-1][0] if wanted else 0
        for row, score in zip(found[:n].tolist(), cosines[:n], strict=True):
            assert exact.get(row, last) == pytest.approx(score, abs=1e-5)


class Case:
    """A gallery whose first rows are indexed, some of them removed since."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.vectors = clustered_rows(ROWS, seed=seed)
        self.blocks = Blocks(np.split(self.vectors, [1000, 2900, 2950]))
        self.alive = rng.random(ROWS) > 0.05
        built = np.sort(rng.choice(INDEXED, BUILT, replace=False))
        self.alive[np.setdiff1d(np.arange(INDEXED), built)] = False
        self.perfect = Perfect(self.vectors[built])
        rows = np.where(self.alive[built], built, -1)
        self.index = Index(
            self.perfect,
            rows,
            self.blocks,
            [Setting(10, 1, 60), Setting(100, 1, 200), Setting(1000, 1, 2000)],
        )
        self.queries = clustered_rows(QUERIES, seed=seed + 50)

    def search(self, k, exclude=None, allowed=None, queries=None):
        queries = self.queries if queries is None else queries
        exclude = exclude or [[]] * len(queries)
        allowed = self.alive if allowed is None else self.alive & allowed
        got = planner.search(
            self.blocks,
            self.index,
            INDEXED,
            queries,
            k,
            Exclusion([np.array(sorted(rows), np.int64) for rows in exclude]),
            allowed,
        )
        assert_same(got, plain(self.vectors, queries, k, exclude, allowed))
        return got

    def best(self, count):
        """Each query's own best rows, the worst to leave out."""
        return [
            [row for _, row in found]
            for found in plain(
                self.vectors,
                self.queries,
                count,
                [[]] * QUERIES,
                self.alive,
            )
        ]


@pytest.fixture(scope="module")
def case():
    return Case(0)


@pytest.mark.parametrize("k", [1, 10, 60, 300, 1500, 5000])
def test_any_k(case, k):
    case.search(k)


@pytest.mark.parametrize("excluded", [1, 30, 100, 101, 400])
def test_the_best_can_be_excluded(case, excluded):
    case.search(20, case.best(excluded))


def test_queries_of_one_batch_may_exclude_unlike_many(case):
    exclude = [rows[: 60 * i] for i, rows in enumerate(case.best(600))]
    case.search(20, exclude)


@pytest.mark.parametrize("share", [0.001, 0.015, 0.03, 0.1, 0.5])
@pytest.mark.parametrize("k", [5, 70])
def test_a_condition_of_any_selectivity(case, share, k):
    rng = np.random.default_rng(int(1000 * share))
    case.search(k, allowed=rng.random(ROWS) < share)


@pytest.mark.parametrize("needed", [1, 12, 120])
@pytest.mark.parametrize("share", [0.03, 0.1, 0.5])
def test_rows_fetched_hold_enough_candidates(needed, share):
    fetched = planner.rows_to_fetch(needed, share)
    rng = np.random.default_rng(needed)
    there = rng.binomial(fetched, share, size=100_000)
    short = np.mean(there < needed)
    assert short < 0.002
    # Hardly more would be wanted either: each costs reading a vector.
    assert needed < 12 or short > 0.0001


def test_without_a_condition_no_more_rows_are_fetched_than_asked_for():
    assert [planner.rows_to_fetch(k, 1.0) for k in (1, 10, 100)] == [1, 10, 100]


@pytest.mark.parametrize("near", [True, False])
@pytest.mark.parametrize("share", [0.1, 0.4])
def test_a_condition_that_goes_with_the_query(case, near, share):
    """Candidates are all near the queries, or all far from them."""
    scores = (case.vectors @ case.queries[:5].T).max(axis=1)
    edge = np.quantile(scores, 1 - share if near else share)
    allowed = scores > edge if near else scores < edge
    case.search(10, allowed=allowed, queries=case.queries[:5])


@pytest.mark.parametrize("k", [5, 2000])
@pytest.mark.parametrize("excluded", [0, 10, 150])
def test_candidates_may_all_be_newer_than_the_index(case, k, excluded):
    newer = np.arange(ROWS) >= INDEXED
    case.search(k, case.best(excluded) if excluded else None, newer)


@pytest.mark.parametrize("k", [5, 2000])
def test_candidates_may_all_be_in_the_index(case, k):
    case.search(k, allowed=np.arange(ROWS) < INDEXED)


def test_no_candidates_give_no_columns(case):
    rows, scores = case.search(3, allowed=np.zeros(ROWS, bool))
    assert rows.shape == scores.shape == (QUERIES, 0)


def test_many_queries_are_taken_in_pieces(case, monkeypatch):
    monkeypatch.setattr(planner, "_QUERIES_AT_A_TIME", 7)
    case.perfect.calls.clear()
    case.search(10, case.best(3))
    assert sum(n for n, _, _ in case.perfect.calls) == QUERIES
    assert max(n for n, _, _ in case.perfect.calls) <= 7


def test_the_index_is_used_where_it_pays(case):
    half = np.arange(ROWS) % 2 == 0
    case.perfect.calls.clear()
    case.search(10)
    case.search(10, allowed=half)
    case.search(10, case.best(50))
    wanted = [k for _, k, _ in case.perfect.calls]
    assert len(wanted) == 3 and wanted[0] < wanted[1] < wanted[2] * 2
    # One in a thousand finds hardly enough of its half, and is exact.
    assert wanted[1] < 50
    case.perfect.calls.clear()
    case.search(1001)
    case.search(10, case.best(101))
    case.search(10, allowed=np.arange(ROWS) % 60 == 0)
    assert case.perfect.calls == []


def test_results_that_the_index_lost_are_found_exactly(case, monkeypatch):
    """ScaNN may fill fewer places than were asked for."""

    def few(queries, k, leaves, depth):
        rows = Perfect.candidates(case.perfect, queries, k, leaves, depth)
        rows[:, 4:] = -1
        return rows

    monkeypatch.setattr(case.perfect, "candidates", few)
    case.search(10)
    case.search(3)


def test_a_vector_that_is_no_number_is_told():
    vectors = clustered_rows(10)
    vectors[3] = np.nan
    with pytest.raises(ValueError, match="not a number; `verify` tells"):
        planner.search_exactly(
            Blocks([vectors]),
            clustered_rows(1),
            3,
            Exclusion.nothing(1),
            np.ones(10, bool),
        )


def test_copied_candidates_in_several_pieces(case, monkeypatch):
    monkeypatch.setattr(planner, "_ROWS_COPIED", 7)
    case.search(10, case.best(20), allowed=np.arange(ROWS) % 100 == 0)


@pytest.mark.parametrize("reorder", ["mapped", "bfloat16", "int8"])
def test_scann_keeps_its_recall_under_conditions_and_exclusion(scann, reorder):
    """Recall, for a true index, of each way it is used in."""
    rows = clustered_rows(4000)
    blocks = Blocks([rows])
    index = Index.build(rows, np.arange(4000), blocks, reorder)
    leaves = num_leaves_for(4000)
    index.settings = [Setting(10, leaves // 3, 60), Setting(1000, leaves, 3000)]
    queries = clustered_rows(100, seed=8)
    brand = np.argsort(rows[:, 0]).argsort() % 7  # goes with the vectors
    plain_best = np.argsort(-(queries @ rows.T), axis=1)
    for allowed, excluded in (
        (np.ones(4000, bool), 0),
        (np.ones(4000, bool), 60),
        (brand == 3, 0),
        (rows[:, 0] > np.quantile(rows[:, 0], 0.9), 5),
        (rows[:, 0] < np.quantile(rows[:, 0], 0.3), 20),
    ):
        exclude = np.sort(plain_best[:, :excluded])
        got, _ = planner.search(
            blocks,
            index,
            4000,
            queries,
            10,
            Exclusion(list(exclude)),
            allowed,
        )
        shared = 0
        for found, order in zip(got, plain_best, strict=True):
            left = [row for row in order[excluded:] if allowed[row]]
            assert not set(found.tolist()) & set(order[:excluded].tolist())
            assert allowed[found].all() and len(set(found.tolist())) == 10
            shared += len(set(found.tolist()) & set(left[:10]))
        assert shared / 1000 > 0.95
