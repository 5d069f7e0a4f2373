"""The gap of embeddings whose distances are known."""

import dataclasses
import json

import numpy as np
import pytest

from keras_cmr.datasets import css
from keras_cmr.evaluation import modality_gap


@pytest.fixture(scope="module")
def split():
    return css.generate(scenes=20, image_size=32, verbose=0).test


class Model:
    """Images near one axis, queries near a second, texts near a third."""

    fingerprint = "f"

    def _near(self, axis, count):
        rows = np.random.default_rng(axis).normal(scale=0.01, size=(count, 3))
        rows[:, axis] += 1
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(
            "float32"
        )

    def embed_targets(self, images, batch_size):
        return self._near(0, len(images))

    def embed_queries(self, images, texts, batch_size):
        return self._near(1, len(images))

    def embed_texts(self, texts, batch_size):
        assert len(set(texts)) == len(texts)
        return self._near(2, len(texts))


class Content(Model):
    """Images by their pixels; a query is what its reference is."""

    def embed_targets(self, images, batch_size):
        rows = images.reshape(len(images), -1)[:, ::61].astype("float64") - 128
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def embed_queries(self, images, texts, batch_size):
        return self.embed_targets(images, batch_size)

    def embed_texts(self, texts, batch_size):
        rows = np.ones((len(texts), len(range(0, 32 * 32 * 3, 61))))
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_orthogonal_kinds(split):
    gap = modality_gap(Model(), split)
    assert gap.num_queries == len(split.queries)
    assert gap.counts["text"] == len(set(split.queries.modifications.tolist()))
    assert gap.counts["reference"] == 20
    for name in ("text-reference", "text-query", "query-target"):
        pair = gap.pairs[name]
        assert pair["centroid_distance"] == pytest.approx(2**0.5, abs=0.02)
        assert pair["matched_cosine"] == pytest.approx(0, abs=0.02)
        assert pair["separability"] == 1.0
    assert gap.pairs["reference-target"]["centroid_distance"] < 0.02
    assert "text-query" in str(gap)
    content = json.loads(json.dumps(gap.to_dict()))
    assert content["pairs"] == gap.pairs and "embeddings" not in content


def test_cosines_by_a_loop_over_queries(split):
    gap = modality_gap(Content(), split)
    model, queries, pixels = Content(), split.queries, split.images.pixels
    references = model.embed_targets(pixels[queries.references], 1)
    targets = model.embed_targets(pixels[[t[0] for t in queries.targets]], 1)
    cosines = references @ targets.T
    count = len(queries)
    others = [
        cosines[i, j] for i in range(count) for j in range(count) if i != j
    ]
    pair = gap.pairs["reference-target"]
    assert pair["matched_cosine"] == pytest.approx(np.diag(cosines).mean())
    assert pair["unmatched_cosine"] == pytest.approx(np.mean(others))
    assert pair["centroid_distance"] == pytest.approx(
        np.linalg.norm(references.mean(0) - targets.mean(0))
    )
    same = gap.pairs["reference-query"]
    assert same["matched_cosine"] == pytest.approx(1)
    assert same["centroid_distance"] == pytest.approx(0, abs=1e-6)


def test_a_sample_is_seeded(split):
    first, again, other = (
        modality_gap(Content(), split, max_queries=25, seed=seed)
        for seed in (1, 1, 2)
    )
    assert first.num_queries == 25
    assert first.pairs == again.pairs != other.pairs


def test_queries_without_an_answer_are_left_out(split):
    targets = [() if i < 40 else t for i, t in enumerate(split.queries.targets)]
    queries = dataclasses.replace(split.queries, targets=tuple(targets))
    part = dataclasses.replace(split, queries=queries)
    assert modality_gap(Model(), part).num_queries == len(targets) - 40
    none = dataclasses.replace(queries, targets=((),) * len(targets))
    with pytest.raises(ValueError, match="and 0 queries"):
        modality_gap(Model(), dataclasses.replace(split, queries=none))


def test_bad_number_of_queries(split):
    with pytest.raises(ValueError, match=r"`max_queries`.*max_queries=1"):
        modality_gap(Model(), split, max_queries=1)
