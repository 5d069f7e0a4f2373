"""What a gallery must agree with: a dictionary and exact search.

Used by the stateful test and by `benchmarks/gallery_operations.py`. Nothing
here is the gallery's own code.
"""

import numpy as np

# Scores differ by float32 rounding; nearer ones count as equal.
TOLERANCE = 2e-6
BRANDS = "abcd"


class PixelModel:
    """The embedding is the pixels themselves, around zero."""

    fingerprint = "pixels"

    def embed_targets(self, images):
        return np.stack([vector_of(image) for image in images])

    def embed_queries(self, images, modifications):
        return self.embed_targets(images)


def vector_of(image):
    return np.asarray(image, np.float32).ravel() - 127.5


class ReferenceGallery:
    """Rows in a dictionary, by id, in the order of their last writing."""

    def __init__(self):
        self.rows = {}  # id: (unit vector, metadata)
        self._matrix = None

    def write(self, ids, vectors=None, metadata=None):
        """Adds rows, or replaces what is given of rows that are there."""
        for place, id in enumerate(ids):
            old = self.rows.pop(id, (None, {}))
            vector, entry = old
            if vectors is not None:
                vector = np.asarray(vectors[place], float)
                vector = vector / np.linalg.norm(vector)
            if metadata is not None:
                entry = metadata[place]
            self.rows[id] = (vector, entry)
        self._matrix = None

    def remove(self, ids):
        for id in ids:
            del self.rows[id]
        self._matrix = None

    def compare(self, answers, queries, k, exclude, holds=None, exact=True):
        """What is wrong with the answers of one search.

        Args:
            answers: List of `Hits`.
            queries: Float array of shape `(n, dim)`.
            k: Int.
            exclude: List of `n` lists of ids not to be returned.
            holds: Callable from metadata to bool, or `None`.
            exact: Bool. Whether the best must be there, each of them.

        Returns:
            List of problems in words, and the recall of each query.
        """
        places = {id: place for place, id in enumerate(self.rows)}
        matching = self.matching(holds)
        problems, recalls = [], []
        if len(answers) != len(queries):
            problems.append(f"{len(answers)} answers, not {len(queries)}")
        for hits, query, ids in zip(answers, queries, exclude, strict=False):
            allowed = matching.copy()
            allowed[[places[id] for id in ids]] = False
            scores = self._scores(query)
            wanted = np.sort(scores[allowed])[::-1][:k]
            problem = self._unsound(hits, places, allowed, scores, len(wanted))
            if problem:
                problems.append(problem)
                continue
            found = np.array([scores[places[hit.id]] for hit in hits])
            missed = len(wanted) - np.count_nonzero(
                found >= wanted[-1] - TOLERANCE if len(wanted) else found
            )
            if exact and missed > 0:
                problems.append(f"misses {missed} of {len(wanted)}")
            recalls.append(1 - max(0, missed) / max(1, len(wanted)))
        return problems, recalls

    def matching(self, holds):
        """Which rows satisfy a condition, a bool array."""
        return np.array(
            [holds is None or holds(m) for _, m in self.rows.values()], bool
        )

    def _unsound(self, hits, places, allowed, scores, count):
        """Why the hits are wrong, whatever the engine; or `None`."""
        if len(hits) != count:
            return f"{len(hits)} hits, not {count}"
        if len({hit.id for hit in hits}) != count:
            return "an id twice"
        for rank, hit in enumerate(hits, start=1):
            if hit.id not in places or not allowed[places[hit.id]]:
                return f"{hit.id!r} is no candidate"
            if hit.metadata != self.rows[hit.id][1]:
                return f"metadata of {hit.id!r}"
            if abs(hit.score - scores[places[hit.id]]) > TOLERANCE:
                return f"score of {hit.id!r}"
            if hit.rank != rank:
                return f"rank of {hit.id!r}"
        order = [(-hit.score, places[hit.id]) for hit in hits]
        return None if order == sorted(order) else "wrong order"

    def _scores(self, query):
        if self._matrix is None and self.rows:
            self._matrix = np.stack([v for v, _ in self.rows.values()])
        if not self.rows:
            return np.empty(0)
        query = np.asarray(query, float)
        return self._matrix @ (query / np.linalg.norm(query))


def random_metadata(random, serial):
    """Metadata of one image; some lack a key."""
    entry = {
        "serial": serial,
        "brand": str(random.choice(list(BRANDS))),
        "price": int(random.integers(100)),
        "tags": [tag for tag in "xyz" if random.random() < 0.4],
    }
    if random.random() < 0.5:
        entry["sale"] = bool(random.random() < 0.5)
    return entry


def random_condition(random, serial):
    """A `where=` and the same in Python.

    Args:
        random: NumPy generator.
        serial: Int. One that is or was in the gallery.
    """
    one, two = (str(random.choice(list(BRANDS))) for _ in range(2))
    price = int(random.integers(100))
    tag = str(random.choice(list("xyz")))
    choices = [
        ({"brand": one}, lambda m: m["brand"] == one),
        ({"brand": [one, two]}, lambda m: m["brand"] in (one, two)),
        ({"brand": {"$ne": one}}, lambda m: m["brand"] != one),
        ({"price": price}, lambda m: m["price"] == price),
        ({"price": {"$lt": price}}, lambda m: m["price"] < price),
        (
            {"price": {"$gte": price, "$lt": price + 5}},
            lambda m: price <= m["price"] < price + 5,
        ),
        ({"tags": {"$contains": tag}}, lambda m: tag in m["tags"]),
        ({"sale": True}, lambda m: m.get("sale") is True),
        (
            {"sale": False, "brand": one},
            lambda m: m.get("sale") is False and m["brand"] == one,
        ),
        ({"serial": serial}, lambda m: m["serial"] == serial),
        ({"nowhere": 1}, lambda m: False),
    ]
    return choices[int(random.integers(len(choices)))]
