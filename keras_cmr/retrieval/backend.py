"""What stores and searches a gallery's rows: the contract of every backend."""

from typing import NamedTuple

import numpy as np


class NewRows(NamedTuple):
    """Checked rows on their way into a backend, parallel columns.

    Args:
        ids: List of distinct strings, not blank.
        vectors: Float32 array of shape `(n, dim)`, unit rows, finite.
        paths: List of absolute paths (strings) or `None`s.
        metadata: List of dicts that JSON holds unchanged.
    """

    ids: list[str]
    vectors: np.ndarray
    paths: list[str | None]
    metadata: list[dict]

    def take(self, places):
        """The rows at these places, a list of ints."""
        return NewRows(
            [self.ids[i] for i in places],
            self.vectors[places],
            [self.paths[i] for i in places],
            [self.metadata[i] for i in places],
        )


class Changes(NamedTuple):
    """As `NewRows`, for rows that are there; `None` keeps a column."""

    ids: list[str]
    vectors: np.ndarray | None = None
    paths: list[str | None] | None = None
    metadata: list[dict] | None = None


class Record(NamedTuple):
    """What a gallery knows of an image, without its embedding."""

    id: str
    path: str | None
    metadata: dict


class Backend:
    """Rows kept safe and searched; knows embeddings and no model.

    `Gallery` checks what users give and makes embeddings of it; a backend
    may rely on that. Every write is durable when it returns, seen by the
    next search here, and all or nothing: an error leaves the rows as they
    were. Ids that are not as a method wants them are a `ValueError` that
    names the argument `ids` and one such id.

    Attributes:
        fingerprint: String, that of the model whose embeddings these are.
        dim: Int, or `None` before the first row.
        location: String for people: the folder or the address.
    """

    fingerprint = ""
    dim = None
    location = ""

    @classmethod
    def create(cls, location, fingerprint, settings):
        """Makes an empty backend; `Settings` are those of `Gallery`."""
        raise NotImplementedError

    @classmethod
    def open(cls, location, fingerprint):
        """Opens one; `None` instead of the model's fingerprint fits all."""
        raise NotImplementedError

    @classmethod
    def exists(cls, location):
        """Whether there is something that `open` would open, or refuse."""
        raise NotImplementedError

    def __len__(self):
        raise NotImplementedError

    def __contains__(self, id):
        raise NotImplementedError

    def present(self, ids):
        """The set of those of `ids` that are in the gallery."""
        return {id for id in ids if id in self}

    def ids(self):
        """All ids, a list in order of addition."""
        raise NotImplementedError

    def rows(self, batch_size=1_000):
        """Yields all rows as `NewRows`, in order of addition.

        Args:
            batch_size: Int, rows in each at most.
        """
        raise NotImplementedError

    def records(self, ids):
        """`Record`s of ids; `None` where an id is not in the gallery."""
        raise NotImplementedError

    def sample(self, count, seed, where=None):
        """Draws rows at random, the same ones for the same seed and rows.

        Takes no longer in a large gallery than a search does.

        Args:
            count: Int, at least 1.
            seed: Int, not negative.
            where: `Where`, or `None` for no condition.

        Returns:
            List of at most `count` different `Record`s, in order of
            addition. Fewer only where there are no more, or where a store
            would have to look through more rows than one request reads.
        """
        raise NotImplementedError

    def vectors(self, ids):
        """Float32 array of shape `(n, dim)`; every id must be there."""
        raise NotImplementedError

    def ids_of_path(self, path):
        """Ids of every row that was added from this file, a list."""
        raise NotImplementedError

    def add(self, rows):
        """Adds `NewRows`; no id may be there already."""
        raise NotImplementedError

    def update(self, changes):
        """Replaces what `Changes` holds; every id must be there."""
        raise NotImplementedError

    def remove(self, ids):
        """Removes rows; every id must be there."""
        raise NotImplementedError

    def search(self, queries, k, exclude, where):
        """Finds the best candidates of each query.

        Args:
            queries: Float32 array of shape `(n, dim)`, unit rows, `n` at
                least 1.
            k: Int, at least 1.
            exclude: List of `n` sets of ids, all of them in the gallery.
                None is returned, and none costs a result.
            where: `Where`, or `None` for no condition.

        Returns:
            List of `n` lists of `(Record, cosine)`, the best first, equal
            cosines in order of addition where the backend can. Fewer than
            `k` only where there are no more candidates.
        """
        raise NotImplementedError

    def compact(self, recall_target=None, queries=None):
        """Makes searches fast again after many writes; see `Gallery`."""
        raise NotImplementedError

    def verify(self):
        """Reads everything and compares checksums.

        Returns:
            Dict of counts, for people. Damage is a `ValueError`.
        """
        raise NotImplementedError

    def refresh(self):
        """Takes in what others wrote; whether there was anything."""
        raise NotImplementedError

    def stats(self):
        """Dict with at least `count`, `dim`, `engine`, `reason`."""
        raise NotImplementedError
