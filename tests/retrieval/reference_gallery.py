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

    def problem(self, hits, query, k, exclude=(), holds=None, exact=True):
        """Why `hits` cannot be the answer, or `None`, and the recall.

        Args:
            hits: What the gallery answered.
            query: Float array of shape `(dim,)`.
            k: Int.
            exclude: Ids not to be returned.
            holds: Callable from metadata to bool, or `None`.
            exact: Bool. Whether the best must be there, each of them.
        """
        scores = self._scores(query)
        candidates = [
            place
            for place, (id, (_, metadata)) in enumerate(self.rows.items())
            if id not in exclude and (holds is None or holds(metadata))
        ]
        wanted = np.sort(scores[candidates])[::-1][:k]
        places = {id: place for place, id in enumerate(self.rows)}
        allowed = set(candidates)
        problem = self._unsound(hits, places, allowed, scores, len(wanted))
        if problem or not len(wanted):
            return problem, 1.0
        found = np.array([scores[places[hit.id]] for hit in hits])
        right = np.count_nonzero(found >= wanted[-1] - TOLERANCE)
        if exact and right < len(wanted):
            return f"misses {len(wanted) - right} of {len(wanted)}", 0.0
        return None, min(1.0, right / len(wanted))

    def _unsound(self, hits, places, allowed, scores, count):
        """Why the hits are wrong, whatever the engine; or `None`."""
        if len(hits) != count:
            return f"{len(hits)} hits, not {count}"
        if len({hit.id for hit in hits}) != count:
            return "an id twice"
        for rank, hit in enumerate(hits, start=1):
            if places.get(hit.id) not in allowed:
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
