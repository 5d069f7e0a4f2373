"""Any sequence of calls leaves what a dictionary would hold."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from hypothesis.stateful import initialize
from hypothesis.stateful import invariant
from hypothesis.stateful import precondition
from hypothesis.stateful import rule

from keras_cmr.retrieval import Gallery
from tests.retrieval.reference_gallery import PixelModel
from tests.retrieval.reference_gallery import ReferenceGallery
from tests.retrieval.reference_gallery import random_condition
from tests.retrieval.reference_gallery import random_metadata

pytestmark = pytest.mark.filterwarnings("ignore:Exact search is used")

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.sampled_from((1, 2, 40, 300))  # ScaNN is used from 256 on
KS = st.sampled_from((1, 3, 10, 1000))


class GalleryMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.location = Path(self.folder) / "gallery"
        self.model = PixelModel()
        self.gallery = Gallery.create(
            self.location, self.model, exact_below=256
        )
        self.reader = Gallery.open(self.location, self.model)
        self.reference = ReferenceGallery()
        self.serial, self.following = 0, False

    def teardown(self):
        shutil.rmtree(self.folder)

    @initialize(following=st.booleans())
    def decide(self, following):
        """Whether the reader takes in each write or several at once."""
        self.following = following

    @rule(seed=SEEDS, size=SIZES)
    def add_images(self, seed, size):
        random, images = self.images(seed, size)
        ids, metadata = self.named(random, size)
        self.gallery.add(images, ids, metadata, verbose=0)
        self.reference.write(ids, self.model.embed_targets(images), metadata)

    @rule(seed=SEEDS, size=SIZES, length=st.floats(0.01, 100))
    def add_embeddings(self, seed, size, length):
        random, images = self.images(seed, size)
        vectors = self.model.embed_targets(images)
        ids, metadata = self.named(random, size)
        self.gallery.add_embeddings(length * vectors, ids, metadata)
        self.reference.write(ids, vectors, metadata)

    @precondition(lambda self: self.reference.rows)
    @rule(seed=SEEDS, share=st.sampled_from((0.01, 0.3, 1)))
    def update(self, seed, share):
        random = np.random.default_rng(seed)
        ids = self.some(random, share)
        images, metadata = None, None
        if random.random() < 0.6:
            images = self.images(seed, len(ids))[1]
        if images is None or random.random() < 0.5:
            metadata = self.named(random, len(ids))[1]
        self.gallery.update(ids, images, metadata, verbose=0)
        vectors = None if images is None else self.model.embed_targets(images)
        self.reference.write(ids, vectors, metadata)

    @precondition(lambda self: self.reference.rows)
    @rule(seed=SEEDS, share=st.sampled_from((0.01, 0.3, 1)))
    def remove(self, seed, share):
        ids = self.some(np.random.default_rng(seed), share)
        self.gallery.remove(ids)
        self.reference.remove(ids)

    @precondition(lambda self: self.reference.rows)
    @rule(seed=SEEDS)
    def refused_calls_change_nothing(self, seed):
        there = self.some(np.random.default_rng(seed), 0.01)
        new = self.model.embed_targets(self.images(seed, 2)[1])
        with pytest.raises(ValueError, match="in the gallery already"):
            self.gallery.add_embeddings(new, ["new", there[0]])
        with pytest.raises(ValueError, match="must be in the gallery"):
            self.gallery.remove([*there, "missing"])
        with pytest.raises(ValueError, match="must be in the gallery"):
            self.gallery.update([*there, "missing"], metadata=[{}] * 2)
        with pytest.raises(ValueError, match="width"):
            self.gallery.add_embeddings(new[:, 1:], ["new", "newer"])

    @rule()
    def compact(self):
        self.gallery.compact()

    @rule()
    def reopen(self):
        self.gallery = Gallery.open(self.location, self.model)

    @rule()
    def change_hands(self):
        self.reader.refresh()
        self.gallery, self.reader = self.reader, self.gallery

    @rule(seed=SEEDS, k=KS)
    def search(self, seed, k):
        random, images = self.images(seed, 3)
        queries = self.model.embed_targets(images)
        excluded = [self.some(random, 0.1) for _ in queries]
        found = self.gallery.search_embeddings(queries, k, excluded)
        self.agree(found, queries, k, excluded)

    @rule(seed=SEEDS, k=KS)
    def search_filtered(self, seed, k):
        random, images = self.images(seed, 3)
        queries = self.model.embed_targets(images)
        where, holds = random_condition(
            random, int(random.integers(self.serial + 1))
        )
        found = self.gallery.search_embeddings(queries, k, where=where)
        self.agree(found, queries, k, [()] * 3, holds)

    @precondition(lambda self: self.reference.rows)
    @rule(seed=SEEDS, k=KS)
    def search_by_image(self, seed, k):
        random, images = self.images(seed, 1)
        [own, *_] = self.some(random, 0.01)
        hits = self.gallery.search(images[0], "redder", k, reference_id=own)
        queries = self.model.embed_targets(images)
        self.agree([hits], queries, k, [[own]])

    @invariant()
    def the_same_ids(self):
        assert len(self.gallery) == len(self.reference.rows)
        assert list(self.gallery.ids) == list(self.reference.rows)
        if self.following:
            self.reader.refresh()
            assert self.reader.ids == self.gallery.ids

    def agree(self, found, queries, k, excluded, holds=None):
        exact = self.gallery.stats()["engine"] == "exact"
        problems, _ = self.reference.compare(
            found, queries, k, excluded, holds, exact
        )
        assert not problems

    def images(self, seed, count):
        """Images of few centres, some of them equal."""
        random = np.random.default_rng(seed)
        centres = np.random.default_rng(0).integers(60, 196, (9, 2, 2, 3))
        chosen = centres[random.integers(9, size=count)]
        noise = random.integers(-20, 21, chosen.shape)
        noise[random.random(count) < 0.1] = 0
        return random, (chosen + noise).astype(np.uint8)

    def named(self, random, count):
        serials = range(self.serial, self.serial + count)
        self.serial += count
        return [f"id {serial}" for serial in serials], [
            random_metadata(random, serial) for serial in serials
        ]

    def some(self, random, share):
        ids = list(self.reference.rows)
        count = min(len(ids), max(1, round(share * len(ids))))
        places = random.choice(len(ids), count, replace=False)
        return [ids[place] for place in places]


GalleryMachine.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestGallery = GalleryMachine.TestCase
