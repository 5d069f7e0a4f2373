import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from keras_cmr.retrieval import exact
from keras_cmr.retrieval.exclusion import Exclusion


def by_hand(vectors, queries, k, exclude):
    """One query and one row at a time, in pure Python."""
    rows, scores = [], []
    for query, out in zip(queries.tolist(), exclude, strict=True):
        found = []
        for row, vector in enumerate(vectors.tolist()):
            if row not in out:
                score = sum(a * b for a, b in zip(query, vector, strict=True))
                found.append((-score, row))
        found = sorted(found)[:k]
        rows.append([row for _, row in found])
        scores.append([-score for score, _ in found])
    return rows, scores


@pytest.fixture(params=[(256, 1 << 24), (3, 21)], ids=["whole", "blocks"])
def blocks(request, monkeypatch):
    monkeypatch.setattr(exact, "_QUERIES_PER_BLOCK", request.param[0])
    monkeypatch.setattr(exact, "_SCORES_PER_BLOCK", request.param[1])


@hypothesis.settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(seed=st.integers(0, 2**32 - 1), data=st.data())
def test_equals_a_double_loop_with_ties_and_exclusion(blocks, seed, data):
    rng = np.random.default_rng(seed)
    num_rows = data.draw(st.integers(1, 40))
    # Small whole numbers: sums are exact and most scores tie.
    vectors = rng.integers(-1, 2, (num_rows, 4)).astype(np.float32)
    queries = rng.integers(-1, 2, (7, 4)).astype(np.float32)
    exclude = [
        rng.choice(num_rows, rng.integers(0, num_rows), replace=False)
        for _ in queries
    ]
    k = data.draw(st.integers(1, num_rows - max(len(e) for e in exclude)))
    got = exact.search(vectors, queries, k, Exclusion(exclude))
    rows, scores = by_hand(vectors, queries, k, [set(e) for e in exclude])
    assert got[0].tolist() == rows
    assert got[1].tolist() == scores
    assert got[0].dtype == np.int64 and got[1].dtype == np.float32


def test_a_tie_at_the_last_place_goes_to_the_smaller_row(blocks):
    vectors = np.ones((500, 2), np.float32)
    vectors[321] = 2.0
    rows, _ = exact.search(vectors, vectors[:1], 4, Exclusion.nothing(1))
    assert rows.tolist() == [[321, 0, 1, 2]]


@pytest.mark.parametrize("seed", range(5))
def test_rows_that_are_not_allowed_are_no_candidates(blocks, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-1, 2, (40, 4)).astype(np.float32)
    queries = rng.integers(-1, 2, (7, 4)).astype(np.float32)
    allowed = rng.random(40) < 0.5
    exclude = [rng.choice(40, 3, replace=False) for _ in queries]
    got = exact.search(vectors, queries, 5, Exclusion(exclude), allowed=allowed)
    out = [{*map(int, e), *np.flatnonzero(~allowed).tolist()} for e in exclude]
    rows, scores = by_hand(vectors, queries, 5, out)
    assert got[0].tolist() == rows
    assert got[1].tolist() == scores


def test_rows_are_counted_from_first_row(blocks):
    vectors = np.eye(5, dtype=np.float32)
    exclusion = Exclusion([np.array([13])])
    rows, scores = exact.search(
        vectors, vectors[3:4], 2, exclusion, first_row=10
    )
    assert rows.tolist() == [[10, 11]]
    assert scores.tolist() == [[0.0, 0.0]]


def test_places_without_a_candidate_score_minus_infinity():
    vectors = np.eye(3, dtype=np.float32)
    exclusion = Exclusion([np.array([0, 2])])
    rows, scores = exact.search(vectors, vectors[:1], 9, exclusion)
    assert rows.shape == (1, 3)
    assert rows[0, 0] == 1
    assert scores.tolist() == [[0.0, -np.inf, -np.inf]]


def test_memory_mapped_rows_give_the_same(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    np.save(tmp_path / "v.npy", vectors)
    mapped = np.load(tmp_path / "v.npy", mmap_mode="r")
    nothing = Exclusion.nothing(9)
    want = exact.search(vectors, vectors[:9], 5, nothing)
    got = exact.search(mapped, vectors[:9], 5, nothing)
    assert np.array_equal(want[0], got[0])
    assert np.array_equal(want[1], got[1])


def test_no_queries_give_no_rows():
    vectors = np.eye(3, dtype=np.float32)
    rows, scores = exact.search(vectors, vectors[:0], 2, Exclusion.nothing(0))
    assert rows.shape == scores.shape == (0, 2)


def test_merge_orders_by_score_then_row():
    rows, scores = exact.merge(
        [np.array([[7, 2]]), np.array([[1, 9]])],
        [np.float32([[0.5, 0.1]]), np.float32([[0.5, 0.3]])],
        3,
    )
    assert rows.tolist() == [[1, 7, 9]]
    assert scores.tolist() == np.float32([[0.5, 0.5, 0.3]]).tolist()
