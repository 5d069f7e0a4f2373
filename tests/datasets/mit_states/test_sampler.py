import collections

import numpy as np
import pytest

from keras_cmr.datasets.mit_states import AdjectiveSampler

ADJECTIVES = ["old", "new", "new", "big", "old", "wet"]
NOUNS = ["car", "car", "car", "car", "cat", "car\twash"]


def draws(count, **kwargs):
    sampler = AdjectiveSampler(ADJECTIVES, NOUNS, **kwargs)
    random = np.random.default_rng(0)
    for _ in range(count):
        references, texts, targets = sampler.draw(random)
        assert references.tolist() == [0, 1, 2, 3]
        for row in zip(references, texts, targets, strict=True):
            yield tuple(value.item() for value in row)


@pytest.mark.parametrize("same_adjective", [False, True])
def test_targets(same_adjective):
    found = collections.Counter(draws(600, same_adjective=same_adjective))
    assert set(found) == {
        (i, ADJECTIVES[j], j)
        for i in range(4)
        for j in range(4)
        if same_adjective or ADJECTIVES[i] != ADJECTIVES[j]
    }
    # Adjectives are as likely, not images: "new car" has two.
    choices = 3 if same_adjective else 2
    for j, share in ((1, 1 / 2), (2, 1 / 2), (3, 1)):
        expected = 600 * share / choices
        assert abs(found[0, ADJECTIVES[j], j] - expected) < 70


def test_texts_and_length():
    sampler = AdjectiveSampler(ADJECTIVES, NOUNS)
    assert len(sampler) == 4
    assert sampler.texts == ("big", "new", "old")
    assert len(AdjectiveSampler([], [])) == 0


def test_types():
    parts = AdjectiveSampler(ADJECTIVES, NOUNS).draw(np.random.default_rng(0))
    assert [part.dtype.kind for part in parts] == ["i", "U", "i"]
    assert parts[0].dtype == parts[2].dtype == np.int32


def test_nothing_to_draw():
    sampler = AdjectiveSampler(["old", "new"], ["car", "cat"])
    assert len(sampler) == 0 and sampler.texts == ()
    parts = sampler.draw(np.random.default_rng(0))
    assert [len(part) for part in parts] == [0, 0, 0]


def test_lengths_must_agree():
    with pytest.raises(ValueError):
        AdjectiveSampler(["old"], ["car", "cat"])
