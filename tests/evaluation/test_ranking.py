import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from keras_cmr.evaluation import first_hit_ranks


def brute_force(queries, candidates, targets, labels, excluded):
    """The rule, read aloud, in plain Python integers and floats."""
    ranks = []
    for i, query in enumerate(queries):
        right, wrong = [], []
        for j, candidate in enumerate(candidates):
            if excluded is not None and j == excluded[i]:
                continue
            score = 0.0
            for x, y in zip(query, candidate, strict=True):
                score += float(x) * float(y)
            (right if labels[j] == targets[i] else wrong).append(score)
        if not right:
            ranks.append(0)
            continue
        ahead = 0
        for score in wrong:
            if score >= max(right):
                ahead += 1
        ranks.append(1 + ahead)
    return ranks


@st.composite
def problems(draw):
    """Small integers: scores are exact, ties and duplicates are common."""
    n = draw(st.integers(1, 12))
    q = draw(st.integers(1, 8))
    dim = draw(st.integers(1, 3))
    entry = st.integers(-2, 2)
    rows = st.lists(entry, min_size=dim, max_size=dim)
    label = st.integers(0, 4)

    def column(item, size):
        return draw(st.lists(item, min_size=size, max_size=size))

    excluded = draw(st.booleans())
    return (
        np.array(column(rows, q), dtype=np.float32),
        np.array(column(rows, n), dtype=np.float32),
        np.array(column(label, q)),
        np.array(column(label, n)),
        np.array(column(st.integers(0, n - 1), q)) if excluded else None,
    )


@settings(max_examples=300, deadline=None)
@given(problems(), st.one_of(st.none(), st.integers(1, 9)))
def test_equals_brute_force(problem, chunk_size):
    ranks = first_hit_ranks(*problem, chunk_size=chunk_size)
    assert ranks.dtype == np.int32
    assert ranks.tolist() == brute_force(*problem)


@settings(max_examples=100, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_permuting_the_gallery_changes_nothing(problem, random):
    queries, candidates, targets, labels, excluded = problem
    order = list(range(len(labels)))
    random.shuffle(order)
    place = np.argsort(order)
    permuted = first_hit_ranks(
        queries,
        candidates[order],
        targets,
        labels[order],
        None if excluded is None else place[excluded],
    )
    np.testing.assert_array_equal(first_hit_ranks(*problem), permuted)


def test_hand_computed():
    # Scores of the query against the five candidates: 9, 8, 8, 7, 5.
    gallery = np.array([[9.0], [8.0], [8.0], [7.0], [5.0]])
    labels = [0, 1, 2, 3, 1]

    def rank(target, excluded):
        return first_hit_ranks([[1.0]], gallery, [target], labels, [excluded])[
            0
        ]

    assert rank(target=0, excluded=4) == 1
    assert rank(target=1, excluded=4) == 3  # 9 ahead, the tie at 8 too
    assert rank(target=1, excluded=0) == 2  # the 9 is removed
    assert rank(target=1, excluded=2) == 2  # the tie is removed
    assert rank(target=1, excluded=1) == 4  # only the worse target is left
    assert rank(target=0, excluded=0) == 0  # nothing valid is left
    assert rank(target=7, excluded=0) == 0  # nobody carries the label


def test_only_the_image_is_excluded_not_its_content():
    gallery = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    # Target label equals the reference's label; the twin is a valid hit.
    ranks = first_hit_ranks([[1.0, 0.0]], gallery, [5], [5, 5, 6], [0])
    assert ranks.tolist() == [1]
    # The twin of a wrong reference stays, and stands ahead.
    ranks = first_hit_ranks([[1.0, 0.0]], gallery, [6], [5, 5, 6], [0])
    assert ranks.tolist() == [2]


@pytest.mark.parametrize("size", [17, 100, 1001])
@pytest.mark.parametrize("dim", [8, 64, 512])
@pytest.mark.parametrize("chunk_size", [1, 7, 64])
def test_constant_embedding_gets_the_worst_rank(size, dim, chunk_size):
    # With plain float32 products this fails: equal rows at the edge of the
    # matrix get a score that is one bit off.
    rng = np.random.default_rng(0)
    candidates = np.tile(rng.standard_normal(dim), (size, 1))
    candidates /= np.linalg.norm(candidates, axis=1, keepdims=True)
    queries = rng.standard_normal((size, dim))
    labels = np.arange(size)
    ranks = first_hit_ranks(
        queries,
        candidates,
        labels,
        labels,
        excluded=(labels + 1) % size,
        chunk_size=chunk_size,
    )
    assert set(ranks.tolist()) == {size - 1}


def test_copies_of_a_row_tie_wherever_they_stand():
    rng = np.random.default_rng(1)
    distinct = rng.standard_normal((40, 64)).astype(np.float32)
    source = rng.integers(0, 40, size=503)
    queries = rng.standard_normal((30, 64)).astype(np.float32)
    # Every copy has its own label: the rank counts all copies of the target.
    labels = np.arange(503)
    targets = rng.integers(0, 503, size=30)
    ranks = first_hit_ranks(queries, distinct[source], targets, labels)
    scores = queries.astype(np.float64) @ distinct.T.astype(np.float64)
    for i, target in enumerate(targets):
        mine = scores[i, source[target]]
        assert ranks[i] == (scores[i, source] >= mine).sum()


def test_chunk_size_does_not_change_ranks():
    rng = np.random.default_rng(2)
    queries = rng.standard_normal((97, 32))
    candidates = rng.standard_normal((203, 32))
    labels = rng.integers(0, 60, size=203)
    targets = rng.integers(0, 60, size=97)
    excluded = rng.integers(0, 203, size=97)
    arguments = (queries, candidates, targets, labels, excluded)
    expected = first_hit_ranks(*arguments)
    for chunk_size in (1, 2, 13, 96, 97, 1000):
        ranks = first_hit_ranks(*arguments, chunk_size=chunk_size)
        np.testing.assert_array_equal(ranks, expected)


def test_inputs_are_left_alone():
    queries, candidates = np.ones((2, 2), "f4"), np.eye(2, dtype="f4")
    first_hit_ranks(queries, candidates, [0, 1], [0, 1], [1, 0])
    assert (queries == 1).all() and (candidates == np.eye(2)).all()


def test_progress_bar(capfd):
    first_hit_ranks([[1.0]], [[1.0]], [0], [0])
    assert capfd.readouterr().err == ""
    first_hit_ranks([[1.0]], [[1.0]], [0], [0], verbose=1)
    assert "ranking" in capfd.readouterr().err


GOOD = {
    "queries": np.ones((2, 3)),
    "candidates": np.ones((4, 3)),
    "target_labels": np.array([0, 1]),
    "candidate_labels": np.arange(4),
    "excluded": np.array([0, 3]),
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"queries": np.ones(3)}, r"`queries` must be .* shape \(3,\)"),
        ({"candidates": np.ones((0, 3))}, r"`candidates` must be a non-empty"),
        ({"candidates": np.ones((4, 2))}, "same dimension. Received: 3 and 2"),
        (
            {"queries": np.array([[1, 2, np.nan], [1, 1, 1]])},
            "`queries` must be finite. Received: 1 of 2 rows",
        ),
        (
            {"candidates": np.full((4, 3), -np.inf)},
            "`candidates` must be finite. Received: 4 of 4 rows",
        ),
        (
            {
                "queries": np.full((2, 3), 1e20),
                "candidates": np.full((4, 3), 1e20),
            },
            r"overflow float32. Received: scores up to 3e\+40",
        ),
        (
            {"target_labels": [0.0, 1.0]},
            "`target_labels` must be an integer array .* float64",
        ),
        (
            {"target_labels": [0]},
            r"`target_labels` must be .* shape \(2,\). Received: shape \(1,\)",
        ),
        ({"candidate_labels": [0, 1]}, r"`candidate_labels` must be .*\(4,\)"),
        ({"excluded": [0, 4]}, "from 0 to 3. Received: 1 outside, .* is 4"),
        ({"excluded": [-1, -2]}, "Received: 2 outside, the first is -1"),
        ({"chunk_size": 0}, "`chunk_size` must be a positive .* Received: 0"),
        ({"chunk_size": 1.5}, "`chunk_size` must be a positive .* 1.5"),
    ],
)
def test_errors(change, message):
    with pytest.raises(ValueError, match=message):
        first_hit_ranks(**{**GOOD, **change})
