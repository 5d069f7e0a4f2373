import numpy as np
import pytest

from keras_cmr.evaluation import first_hit_ranks
from keras_cmr.visualization import ranked_examples


def _embeddings(seed, dim=3):
    random = np.random.default_rng(seed)
    queries = random.normal(size=(9, dim)).astype(np.float32)
    gallery = random.normal(size=(12, dim)).astype(np.float32)
    return queries, gallery


def _brute_force(queries, gallery, split, index):
    """`(score, wrong first, picture)` of every candidate, best first."""
    candidates = []
    for picture in range(len(gallery)):
        if picture == split.queries.references[index]:
            continue
        cosine = sum(
            float(a) * float(b)
            for a, b in zip(queries[index], gallery[picture], strict=True)
        )
        for row in (queries[index], gallery[picture]):
            cosine /= sum(float(a) ** 2 for a in row) ** 0.5
        right = (
            split.images.labels[picture] == split.queries.target_labels[index]
        )
        candidates.append((-cosine, bool(right), picture))
    return sorted(candidates)


@pytest.mark.parametrize("seed", range(4))
def test_equals_brute_force_loop(split, seed):
    queries, gallery = _embeddings(seed)
    indices = [5, 0, 8, 3]
    examples = ranked_examples(queries, gallery, split, indices, k=4)
    for index, example in zip(indices, examples, strict=True):
        expected = _brute_force(queries, gallery, split, index)
        for (score, right, picture), hit in zip(
            expected[:4], example.hits, strict=True
        ):
            np.testing.assert_array_equal(
                hit.pixels, split.images.pixels[picture]
            )
            assert hit.correct is right
            assert hit.score == pytest.approx(-score, abs=1e-6)
            assert hit.caption == split.images.captions[picture]
        places = [i for i, row in enumerate(expected, 1) if row[1]]
        assert example.rank == (places[0] if places else 0)
        assert example.modification == f"change {index}"
        np.testing.assert_array_equal(
            example.reference,
            split.images.pixels[split.queries.references[index]],
        )


def test_references_may_look_different_from_candidates(split):
    split.reference_pixels = 255 - split.images.pixels
    (example,) = ranked_examples(*_embeddings(0), split, [4])
    own = split.images.pixels[split.queries.references[4]]
    np.testing.assert_array_equal(example.reference, 255 - own)


def test_own_reference_is_no_hit_even_if_it_is_nearest(split):
    _, gallery = _embeddings(0)
    queries = gallery[split.queries.references]
    for index, example in enumerate(
        ranked_examples(queries, gallery, split, range(9), k=11)
    ):
        own = split.images.pixels[split.queries.references[index]]
        assert len(example.hits) == 11
        assert not any((hit.pixels == own).all() for hit in example.hits)


@pytest.mark.parametrize("collapsed", [False, True])
def test_ranks_are_those_of_the_evaluation(split, collapsed):
    queries, gallery = _embeddings(1)
    if collapsed:  # All scores are equal: ties count against the model.
        gallery[:] = gallery[0]
    examples = ranked_examples(queries, gallery, split, range(9))
    unit = [x / np.linalg.norm(x, axis=1)[:, None] for x in (queries, gallery)]
    ranks = first_hit_ranks(
        *unit,
        split.queries.target_labels,
        split.images.labels,
        excluded=split.queries.references,
    )
    assert [example.rank for example in examples] == ranks.tolist()


def test_target_is_the_picture_at_the_rank(split):
    queries, gallery = _embeddings(2)
    for example in ranked_examples(queries, gallery, split, range(9), k=11):
        assert example.rank > 0
        found = example.hits[example.rank - 1]
        assert found.correct
        np.testing.assert_array_equal(example.target, found.pixels)


def test_rank_is_zero_without_a_right_candidate(split):
    split.queries.target_labels[4] = 77
    (example,) = ranked_examples(*_embeddings(0), split, [4])
    assert example.rank == 0
    assert example.target is None


def test_no_indices_no_examples(split):
    assert ranked_examples(*_embeddings(0), split, []) == []


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"queries": np.ones((8, 3))}, ValueError, r"`query_emb.*\(9, dim\)"),
        ({"gallery": np.ones((12, 4))}, ValueError, r"dimension.*3 and 4"),
        ({"gallery": np.ones(12)}, ValueError, r"`gallery_emb.*\(12,\)"),
        ({"queries": np.zeros((9, 3))}, ValueError, "positive length.*9 rows"),
        ({"gallery": np.full((12, 3), np.nan)}, ValueError, "12 rows"),
        ({"indices": [9]}, ValueError, r"`indices`.*0\.\.8.*9"),
        ({"indices": [-1]}, ValueError, "`indices`.*-1"),
        ({"indices": [0.5]}, TypeError, "`indices`.*float"),
        ({"k": 12}, ValueError, "`k`.*k=12 with 11 candidates"),
        ({"k": 0}, ValueError, "`k` must be at least 1"),
        ({"k": 2.0}, TypeError, "`k` must be an integer"),
    ],
)
def test_errors(split, change, error, message):
    queries, gallery = _embeddings(0)
    arguments = {"queries": queries, "gallery": gallery, "indices": [0]}
    arguments |= change
    with pytest.raises(error, match=message):
        ranked_examples(
            arguments["queries"],
            arguments["gallery"],
            split,
            arguments["indices"],
            k=arguments.get("k", 2),
        )
