import numpy as np
import pytest

from keras_cmr.evaluation.target_ranking import target_ranks
from keras_cmr.evaluation.top_hits import margins
from keras_cmr.evaluation.top_hits import top_hits

# Image:               0    1    2    3    4
SCORES = np.array([[0.9, 0.5, 0.4, 0.8, 0.1], [0.3, 0.9, 0.8, 0.1, 0.7]])


@pytest.mark.parametrize(
    ("space", "hits", "margin"),
    [
        ({}, [[0, 3, 1], [1, 2, 4]], [-0.5, -0.1]),
        ({"excluded": [0, 1]}, [[3, 1, 2], [2, 4, 0]], [-0.4, 0.1]),
        ({"gallery": [1, 2, 4]}, [[1, 2, 4], [1, 2, 4]], [-0.1, -0.1]),
        (
            {"subsets": [[2, 4], [2, 1, 3]], "excluded": [0, 1]},
            [[2, 4, -1], [2, 3, -1]],
            [0.3, 0.7],
        ),
    ],
)
def test_by_hand(space, hits, margin):
    right = [[2], [2]]
    found, scores = top_hits(SCORES, np.eye(5), right, 3, **space)
    assert found.tolist() == hits
    for query, row in enumerate(hits):
        for place, image in enumerate(row):
            expected = SCORES[query, image] if image >= 0 else 0.0
            assert scores[query, place] == pytest.approx(expected)
    np.testing.assert_allclose(
        margins(SCORES, np.eye(5), right, **space), margin, rtol=1e-5
    )


def test_the_first_right_hit_is_where_the_rank_says():
    # Many equal rows: ties are decided against the model, as in the ranks.
    rng = np.random.default_rng(0)
    candidates = rng.integers(0, 2, (40, 3)) + 1.0
    queries = rng.normal(size=(30, 3))
    right = [rng.choice(40, 2, replace=False).tolist() for _ in range(30)]
    excluded = rng.integers(0, 40, 30)
    hits, _ = top_hits(queries, candidates, right, 39, excluded=excluded)
    ranks = target_ranks(queries, candidates, right, excluded=excluded)
    ahead = margins(queries, candidates, right, excluded=excluded)
    for row, own, rank, margin in zip(hits, right, ranks, ahead, strict=True):
        assert np.flatnonzero(np.isin(row, own))[0] + 1 == rank
        assert (margin > 0) == (rank == 1)
    for row, image in zip(hits, excluded, strict=True):
        assert sorted(row) == sorted(set(range(40)) - {image})


def test_no_right_or_no_wrong_image_has_no_margin():
    assert margins(SCORES, np.eye(5), [[], range(5)]).tolist() == [0, 0]
