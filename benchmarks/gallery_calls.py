"""Random calls on a gallery and on the dictionary that it must agree with."""

from collections import Counter

import numpy as np

from keras_cmr.retrieval import Gallery
from tests.retrieval import reference_gallery

SHAPE = (4, 4, 3)
CENTRES = 200
LARGEST_BATCH, MOST_QUERIES, MOST_K = 200, 20, 50
# A filter that leaves so small a share is answered exactly.
RARE = 0.02
STEPS_A_LISTING = 100
WEIGHTS = {
    "add_images": 20,
    "add_embeddings": 20,
    "update_images": 12,
    "update_metadata": 8,
    "remove": 25,
    "search": 14,
    "search_filtered": 14,
    "search_by_image": 6,
    "refuse": 2,
    "change_hands": 2,
    "reopen": 1,
    "compact": 0.8,
}


class Operations:
    """The gallery, what it must agree with, and the operations.

    Args:
        folder: Path, where the gallery shall lie.
        seed: Int.
        exact_below, most_rows: Int.
    """

    def __init__(self, folder, seed, exact_below, most_rows):
        self.random = np.random.default_rng(seed)
        self.model = reference_gallery.PixelModel()
        self.folder, self.most_rows = folder, most_rows
        self.gallery = Gallery.create(
            folder, self.model, exact_below=exact_below
        )
        self.other = Gallery.open(folder, self.model)
        self.reference = reference_gallery.ReferenceGallery()
        self.centres = self.random.integers(60, 196, (CENTRES, *SHAPE))
        self.serial = 0
        self.done, self.steps = Counter(), Counter()
        self.recalls, self.exact = [], 0
        self.disagreements = []

    def step(self):
        """One random call; the number of operations it was."""
        name = self._choose()
        found = getattr(self, name)(
            int(self.random.integers(1, LARGEST_BATCH + 1))
        )
        self.steps[name] += 1
        self.done[name] += found
        if len(self.gallery) != len(self.reference.rows):
            self._disagree(name, f"{len(self.gallery)} rows")
        if self.steps.total() % STEPS_A_LISTING == 0:
            self.check_ids()
        return found

    def check_ids(self):
        if list(self.gallery.ids) != list(self.reference.rows):
            self._disagree("ids", "not the same ids")

    def add_images(self, count):
        images = self._images(count)
        ids, metadata = self._named(count)
        self.gallery.add(images, ids, metadata, verbose=0)
        self.reference.write(ids, self.model.embed_targets(images), metadata)
        return count

    def add_embeddings(self, count):
        vectors = self.model.embed_targets(self._images(count))
        ids, metadata = self._named(count)
        self.gallery.add_embeddings(3 * vectors, ids, metadata)
        self.reference.write(ids, vectors, metadata)
        return count

    def update_images(self, count):
        ids = self._some(count)
        if not ids:
            return 0
        images, metadata = self._images(len(ids)), None
        if self.random.random() < 0.5:
            metadata = self._named(len(ids))[1]
        self.gallery.update(ids, images, metadata, verbose=0)
        self.reference.write(ids, self.model.embed_targets(images), metadata)
        return len(ids)

    def update_metadata(self, count):
        ids = self._some(count)
        if not ids:
            return 0
        metadata = self._named(len(ids))[1]
        self.gallery.update(ids, metadata=metadata)
        self.reference.write(ids, metadata=metadata)
        return len(ids)

    def remove(self, count):
        ids = self._some(count)
        self.gallery.remove(ids)
        self.reference.remove(ids)
        return len(ids)

    def search(self, count):
        queries = self._queries(count)
        excluded = [self._some(3) for _ in queries]
        self._ask(
            queries,
            excluded,
            lambda k: self.gallery.search_embeddings(queries, k, excluded),
        )
        return len(queries)

    def search_filtered(self, count):
        queries = self._queries(count)
        where, holds = reference_gallery.random_condition(
            self.random, int(self.random.integers(self.serial + 1))
        )
        self._ask(
            queries,
            [[] for _ in queries],
            lambda k: self.gallery.search_embeddings(queries, k, where=where),
            holds,
        )
        return len(queries)

    def search_by_image(self, count):
        ids = self._some(min(count, MOST_QUERIES))
        images = self._images(len(ids))
        self._ask(
            self.model.embed_targets(images) if ids else [],
            [[id] for id in ids],
            lambda k: self.gallery.search_batch(
                images, ["redder"] * len(ids), k, reference_ids=ids
            ),
        )
        return len(ids)

    def refuse(self, count):
        """Calls that must fail and change nothing."""
        ids, vectors = self._some(1), np.ones((2, np.prod(SHAPE)))
        calls = [
            lambda: self.gallery.remove(["new", "missing"]),
            lambda: self.gallery.update(["missing"], metadata=[{}]),
            lambda: self.gallery.add_embeddings(vectors, ["new", "new"]),
            lambda: self.gallery.add_embeddings(vectors * np.nan, ["1", "2"]),
        ]
        if ids:
            calls += [
                lambda: self.gallery.add_embeddings(vectors[:, 1:], ["1", "2"]),
                lambda: self.gallery.add_embeddings(vectors, ["new", *ids]),
                lambda: self.gallery.remove([*ids, "missing"]),
            ]
        for number, call in enumerate(calls):
            try:
                call()
            except ValueError:
                continue
            self._disagree("refuse", f"call {number} was not refused")
        return len(calls)

    def change_hands(self, count):
        """The second handle takes in what was written, and goes on."""
        self.other.refresh()
        self.gallery, self.other = self.other, self.gallery
        self.check_ids()
        return 1

    def reopen(self, count):
        self.gallery = Gallery.open(self.folder, self.model)
        self.check_ids()
        return 1

    def compact(self, count):
        self.gallery.compact()
        self.check_ids()
        return 1

    def _choose(self):
        weights = dict(WEIGHTS)
        if len(self.reference.rows) > self.most_rows:
            weights["remove"] *= 5
        shares = np.array(list(weights.values())) / sum(weights.values())
        return str(self.random.choice(list(weights), p=shares))

    def _ask(self, queries, excluded, search, holds=None):
        k = int(self.random.integers(1, MOST_K + 1))
        matching = self.reference.matching(holds)
        exact = self.gallery.stats()["engine"] == "exact" or np.count_nonzero(
            matching
        ) <= RARE * len(matching)
        problems, recalls = self.reference.compare(
            search(k), queries, k, excluded, holds, exact
        )
        for problem in problems:
            self._disagree("search", f"{problem}, k={k}, exact={exact}")
        if exact:
            self.exact += len(recalls)
        else:
            self.recalls += recalls

    def _disagree(self, call, what):
        self.disagreements.append(f"step {self.steps.total()}, {call}: {what}")

    def _images(self, count):
        centres = self.centres[self.random.integers(CENTRES, size=count)]
        noise = self.random.integers(-40, 41, centres.shape)
        if self.random.random() < 0.1:
            noise[:] = noise[:1]  # equal images of a cluster, equal scores
        return (centres + noise).astype(np.uint8)

    def _named(self, count):
        serials = range(self.serial, self.serial + count)
        self.serial += count
        return [f"id {serial}" for serial in serials], [
            reference_gallery.random_metadata(self.random, serial)
            for serial in serials
        ]

    def _some(self, count):
        """Ids that are there, at most `count`."""
        ids = list(self.reference.rows)
        if not ids:
            return []
        places = self.random.choice(len(ids), min(count, len(ids)), False)
        return [ids[place] for place in places]

    def _queries(self, count):
        return self.model.embed_targets(self._images(min(count, MOST_QUERIES)))
