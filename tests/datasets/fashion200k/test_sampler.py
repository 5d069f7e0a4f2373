import collections
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from keras_cmr.datasets.fashion200k import ParentCaptionSampler
from keras_cmr.datasets.fashion200k.annotations import parse
from keras_cmr.datasets.fashion200k.captions import changed_words
from keras_cmr.datasets.fashion200k.captions import replacement

PRODUCTS = Path(__file__).parents[4] / "shared" / "data" / "fashion_products"


def parents(caption):
    words = caption.split()
    return {" ".join(words[:i] + words[i + 1 :]) for i in range(len(words))}


def is_pair(one, other):
    """A shared parent, and a word that differs."""
    try:
        changed_words(one, other)
    except ValueError:
        return False
    return bool(parents(one) & parents(other))


def draws(captions, count, seed=0):
    sampler = ParentCaptionSampler(captions)
    random = np.random.default_rng(seed)
    for _ in range(count):
        parts = [part.tolist() for part in sampler.draw(random)]
        yield from zip(*parts, strict=True)


def test_draw_by_hand():
    captions = ["red dress", "blue dress", "red hat", "old grey sock"]
    found = collections.Counter(draws(captions, 300))
    assert set(found) == {
        (0, "replace red with blue", 1),
        (0, "replace dress with hat", 2),
        (1, "replace blue with red", 0),
        (2, "replace hat with dress", 0),
    }
    # Each of the two parents of "red dress" is as likely.
    assert 110 < found[0, "replace red with blue", 1] < 190


def test_images_of_a_caption_are_as_likely():
    found = collections.Counter(
        target for _, _, target in draws(["a x", "b x", "b x", "c x"], 400)
    )
    # From "a x" and "c x": "b x" half the time, then one of its two.
    assert 150 < found[1] < 250 and 150 < found[2] < 250


def test_two_orders_of_the_same_words_are_no_pair():
    assert len(ParentCaptionSampler(["red big hat", "big red hat"])) == 0
    captions = ["red big hat", "big red hat", "big blue hat"]
    assert {(i, j) for i, _, j in draws(captions, 50)} == {
        (0, 2), (1, 2), (2, 0), (2, 1),
    }  # fmt: skip


def test_nothing_to_draw():
    sampler = ParentCaptionSampler(["red hat", "blue coat", "red hat"])
    assert len(sampler) == 0 and sampler.texts == ()
    parts = sampler.draw(np.random.default_rng(0))
    assert [len(part) for part in parts] == [0, 0, 0]
    assert len(ParentCaptionSampler([])) == 0


WORDS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS.map(" ".join), max_size=12))
def test_draws_are_exactly_the_pairs(captions):
    pairs = {
        (i, j)
        for i, one in enumerate(captions)
        for j, other in enumerate(captions)
        if is_pair(one, other)
    }
    sampler = ParentCaptionSampler(captions)
    references = sorted({i for i, _ in pairs})
    assert len(sampler) == len(references)
    random = np.random.default_rng(1)
    found = set()
    for _ in range(60):
        drawn, texts, targets = sampler.draw(random)
        assert drawn.tolist() == references
        for i, text, j in zip(references, texts, targets, strict=True):
            assert text == replacement(*changed_words(captions[i], captions[j]))
            found.add((i, int(j)))
    assert found <= pairs
    # Rare pairs may be missed by chance, but no reference has one choice only.
    for i in references:
        own = [pair for pair in pairs if pair[0] == i]
        assert len(own) == 1 or len({p for p in found if p[0] == i}) > 1


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS.map(" ".join), max_size=12))
def test_texts_hold_every_word(captions):
    sampler = ParentCaptionSampler(captions)
    known = {word for text in sampler.texts for word in text.split()}
    longest = max(map(len, sampler.texts), default=0)
    drawn = set()
    random = np.random.default_rng(2)
    for _ in range(20):
        for text in sampler.draw(random)[1].tolist():
            drawn.update(text.split())
            assert len(text) <= longest
    assert drawn <= known
    # And no word that is never drawn.
    pairs = [
        changed_words(one, other)
        for one in captions
        for other in captions
        if is_pair(one, other)
    ]
    words = {word for pair in pairs for word in pair}
    assert known == (words | {"replace", "with"} if words else set())


@pytest.mark.skipif(
    not PRODUCTS.exists(), reason=f"{PRODUCTS} is not there: real photos"
)
def test_modifiable_captions_of_the_products():
    captions = [row.caption for row in parse(PRODUCTS).train]
    by_parent = collections.defaultdict(set)
    for caption in set(captions):
        for parent in parents(caption):
            by_parent[parent].add(caption)
    modifiable = {
        caption
        for children in by_parent.values()
        for caption in children
        if any(is_pair(caption, other) for other in children)
    }
    sampler = ParentCaptionSampler(captions)
    references, _, _ = sampler.draw(np.random.default_rng(0))
    assert {captions[i] for i in references} == modifiable
    assert (len(modifiable), len(sampler)) == (3139, 4785)
