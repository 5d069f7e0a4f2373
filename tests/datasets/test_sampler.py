import numpy as np
import pytest

from keras_cmr.datasets.fashion200k import ParentCaptionSampler
from keras_cmr.datasets.mit_states import AdjectiveSampler
from keras_cmr.datasets.sampler import ImageGroups
from keras_cmr.datasets.sampler import Sampler

NOUNS = ["car", "cat", "house"] * 40
ADJECTIVES = ["old", "new", "big", "wet"] * 30
CAPTIONS = [f"{a} {n}" for a, n in zip(ADJECTIVES, NOUNS, strict=True)]
SAMPLERS = [
    AdjectiveSampler(ADJECTIVES, NOUNS),
    AdjectiveSampler(ADJECTIVES, NOUNS, same_adjective=True),
    ParentCaptionSampler(CAPTIONS),
]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_image_once_and_the_generator_decides(sampler):
    def draw(seed):
        return sampler.draw(np.random.default_rng(seed))

    first, again, other = draw(1), draw(1), draw(2)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert (first[2] != other[2]).any()
    assert first[0].tolist() == list(range(120)) and len(sampler) == 120
    drawn = set(first[2].tolist())
    assert drawn <= set(range(120)) and len(drawn) > 60


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_texts_cover_what_is_drawn(sampler):
    known = {word for text in sampler.texts for word in text.split()}
    random = np.random.default_rng(0)
    for _ in range(5):
        for text in sampler.draw(random)[1].tolist():
            assert set(text.split()) <= known
            assert len(text) <= max(map(len, sampler.texts))


def test_groups():
    groups = ImageGroups(["b", "a", "b", "c", "b"])
    assert groups.names.tolist() == ["a", "b", "c"]
    assert groups.of_image.tolist() == [1, 0, 1, 2, 1]
    drawn = groups.draw(np.random.default_rng(0), np.array([0, 1, 2] * 200))
    drawn = drawn.reshape(200, 3)
    assert set(drawn[:, 0]) == {1} and set(drawn[:, 2]) == {3}
    images, counts = np.unique(drawn[:, 1], return_counts=True)
    assert images.tolist() == [0, 2, 4] and counts.min() > 40
    nothing = ImageGroups([]).draw(np.random.default_rng(0), np.zeros(0, int))
    assert len(nothing) == 0


def test_the_base_draws_nothing():
    for call in (len, lambda sampler: sampler.draw(np.random.default_rng(0))):
        with pytest.raises(NotImplementedError):
            call(Sampler())
