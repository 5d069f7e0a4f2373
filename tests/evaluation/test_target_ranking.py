import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from keras_cmr.evaluation import first_hit_ranks
from keras_cmr.evaluation import target_ranks


def brute_force(queries, candidates, targets, excluded, gallery, subsets):
    """All ranks, from a list sorted with wrong candidates first in a tie."""
    table = []
    for i, query in enumerate(queries):
        searched = range(len(candidates))
        if gallery is not None:
            searched = [j for j in searched if j in gallery]
        if subsets is not None:
            searched = [j for j in searched if j in subsets[i]]
        if excluded is not None:
            searched = [j for j in searched if j != excluded[i]]
        scored = []
        for j in searched:
            score = sum(
                float(x) * float(y)
                for x, y in zip(query, candidates[j], strict=True)
            )
            scored.append((-score, j in targets[i]))
        scored.sort()
        table.append([place for place, (_, hit) in enumerate(scored, 1) if hit])
    return table


@st.composite
def problems(draw):
    """Small integers: scores are exact, ties and duplicates are common."""
    n = draw(st.integers(1, 12))
    q = draw(st.integers(1, 6))
    dim = draw(st.integers(1, 3))
    row = st.lists(st.integers(-2, 2), min_size=dim, max_size=dim)
    index = st.integers(0, n - 1)

    def column(item):
        return draw(st.lists(item, min_size=q, max_size=q))

    some = st.lists(index, max_size=6)
    return (
        np.array(column(row), dtype=np.float32),
        np.array(draw(st.lists(row, min_size=n, max_size=n)), np.float32),
        column(some),
        np.array(column(index)) if draw(st.booleans()) else None,
        draw(st.none() | st.lists(index, min_size=1)),
        column(some) if draw(st.booleans()) else None,
    )


@settings(max_examples=300, deadline=None)
@given(problems(), st.none() | st.integers(1, 7))
def test_equals_brute_force(problem, chunk_size):
    expected = brute_force(*problem)
    ranks = target_ranks(*problem, every=True, chunk_size=chunk_size)
    assert ranks.dtype == np.int32
    assert [[r for r in row if r] for row in ranks.tolist()] == expected
    # Filled up at the end.
    assert all(
        sorted(row, key=lambda r: r == 0) == row for row in ranks.tolist()
    )
    best = target_ranks(*problem, chunk_size=chunk_size)
    assert best.tolist() == [row[0] if row else 0 for row in expected]


def test_hand_computed():
    # Scores: 9, 8, 8, 7, 5.
    gallery = np.array([[9.0], [8.0], [8.0], [7.0], [5.0]])

    def rank(targets, **how):
        return target_ranks([[1.0]], gallery, [targets], **how)[0].tolist()

    assert rank([1]) == 3  # the 9 is ahead, and so is the tie
    assert rank([1, 2]) == 2  # both of the tie are right
    assert rank([1, 4, 2], every=True) == [2, 3, 5]
    assert rank([1, 4], every=True) == [3, 5]
    assert rank([1], excluded=[2]) == 2
    assert rank([1], excluded=[1]) == 0
    assert rank([1, 3], excluded=[1], every=True) == [3, 0]
    assert rank([3], gallery=[4, 3, 1]) == 2
    assert rank([3], gallery=[4, 3, 1, 1]) == 2
    assert rank([0], gallery=[4, 3, 1]) == 0
    assert rank([3], gallery=[4, 3, 1], excluded=[0]) == 2
    assert rank([4], subsets=[[3, 4]]) == 2
    assert rank([4], subsets=[[3, 4]], excluded=[3]) == 1
    assert rank([0], subsets=[[3, 4]]) == 0
    assert rank([1], subsets=[[2, 1]]) == 2
    assert rank([]) == 0


def test_shape_without_any_target():
    ranks = target_ranks(np.ones((2, 1)), np.ones((3, 1)), [[], []], every=True)
    assert ranks.tolist() == [[0], [0]]


@pytest.mark.parametrize("dim", [8, 64, 512])
def test_constant_embedding_gets_the_worst_ranks(dim):
    # Equal rows must get equal scores wherever they stand in the product.
    rng = np.random.default_rng(0)
    size = 257
    vector = np.tile(rng.standard_normal(dim), (size, 1))
    queries = rng.standard_normal((size, dim))
    targets = [(i, (i + 7) % size) for i in range(size)]
    whole = target_ranks(queries, vector, targets, every=True)
    assert set(map(tuple, whole.tolist())) == {(size - 1, size)}
    subsets = [[(i + j) % size for j in range(5)] for i in range(size)]
    own = [(i,) for i in range(size)]
    assert set(target_ranks(queries, vector, own, subsets=subsets)) == {5}
    half = np.arange(0, size, 2)
    part = target_ranks(queries[half], vector, [(i,) for i in half], None, half)
    assert set(part) == {len(half)}


def test_subset_keeps_the_order_of_the_whole_ranking():
    rng = np.random.default_rng(1)
    queries = rng.standard_normal((50, 16))
    candidates = rng.standard_normal((200, 16))
    subsets = rng.integers(0, 200, size=(50, 5)).tolist()
    alone = [
        target_ranks(queries, candidates, [[row[i]] for row in subsets])
        for i in range(5)
    ]
    for i in range(5):
        within = target_ranks(
            queries,
            candidates,
            [[row[i]] for row in subsets],
            subsets=subsets,
        )
        for query, row in enumerate(subsets):
            ahead = {
                row[j] for j in range(5) if alone[j][query] < alone[i][query]
            }
            assert within[query] == 1 + len(ahead)


def test_by_label_and_by_name_are_the_same_ranks():
    rng = np.random.default_rng(2)
    queries = rng.standard_normal((40, 8))
    candidates = rng.standard_normal((90, 8))[rng.integers(0, 60, 90)]
    labels = rng.integers(0, 20, 90)
    wanted = rng.integers(0, 20, 40)
    excluded = rng.integers(0, 90, 40)
    by_label = first_hit_ranks(queries, candidates, wanted, labels, excluded)
    by_name = target_ranks(
        queries,
        candidates,
        [np.flatnonzero(labels == label) for label in wanted],
        excluded,
    )
    np.testing.assert_array_equal(by_label, by_name)


GOOD = {
    "queries": np.ones((2, 3)),
    "candidates": np.ones((4, 3)),
    "targets": [[0], [1, 2]],
    "excluded": np.array([0, 3]),
    "gallery": [0, 1, 2],
    "subsets": [[0, 1], [2]],
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": [[0]]}, "`targets` must be .* 2 seq.* list of length 1"),
        ({"targets": 3}, "`targets` must be .* Received: int$"),
        ({"targets": [[0], [4]]}, "`targets` must hold .* 0 to 3.* is 4"),
        ({"targets": [[0], [-1]]}, "`targets` must hold .* first is -1"),
        ({"subsets": [[0], [9]]}, "`subsets` must hold .* first is 9"),
        ({"subsets": [[0]]}, "`subsets` must be a sequence of 2"),
        ({"excluded": [4, 0]}, "`excluded` must hold .* first is 4"),
        ({"excluded": [0.5, 0]}, "`excluded` must be an integer array"),
        ({"gallery": [0, 4]}, "`gallery` must hold .* first is 4"),
        ({"gallery": [0.0]}, "`gallery` must be an integer array"),
        ({"queries": np.full((2, 3), np.nan)}, "`queries` must be finite"),
        ({"chunk_size": 0}, "`chunk_size` must be a positive"),
    ],
)
def test_errors(change, message):
    target_ranks(**GOOD)
    with pytest.raises(ValueError, match=message):
        target_ranks(**{**GOOD, **change})
