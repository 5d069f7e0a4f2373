"""A gallery on a Milvus server or cluster."""

import contextlib
import threading
import time

import numpy as np

from keras_cmr.retrieval.milvus import calibration
from keras_cmr.retrieval.milvus import indexing
from keras_cmr.retrieval.milvus import manifest as manifests
from keras_cmr.retrieval.milvus import schema
from keras_cmr.retrieval.milvus.address import Address
from keras_cmr.retrieval.milvus.connection import Connection
from keras_cmr.retrieval.milvus.lookups import ROWS_PER_READ
from keras_cmr.retrieval.milvus.lookups import Lookups
from keras_cmr.retrieval.milvus.manifest import Manifest
from keras_cmr.retrieval.milvus.reading import Reader
from keras_cmr.retrieval.milvus.searching import Searcher
from keras_cmr.retrieval.milvus.writing import Writer
from keras_cmr.retrieval.query import check_fingerprint

# A writer puts away 1,000 rows in less; one that does not is gone.
_WRITER_GONE = 15
_PAUSE = 0.5


class MilvusBackend(Lookups):
    """See `Backend`.

    Two collections: the one of the location's name says what the gallery is
    and how far it has been written (`Manifest`), `<name>_rows` holds the
    rows. Additions by other programs are seen as soon as a search meets
    them, and by all methods after `refresh`; while another program updates
    or removes many rows, some are seen changed before others.

    Args:
        connection: `Connection`.
        manifest: `Manifest`, as it is on the server.
    """

    def __init__(self, connection, manifest):
        self.location = str(connection.address)
        self.fingerprint = manifest.fingerprint
        self._connection = connection
        self._current = manifest
        self._unfinished = manifest.pending is not None
        self._lock = threading.RLock()
        self._reader = Reader(connection, self._manifest)
        self._searcher = Searcher(self._reader, self._manifest, self._load)
        self._writer = Writer(self._reader, self._load, self._store)

    @classmethod
    def create(cls, location, fingerprint, settings):
        """Makes an empty gallery; see `Gallery.create`."""
        address = Address.parse(location)
        if settings.reorder != "mapped":
            raise ValueError(
                "`reorder` is for a gallery in a folder. Received: "
                f"{settings.reorder!r} for {address}"
            )
        connection = Connection(address)
        manifest = Manifest(
            fingerprint, settings.recall_target, settings.exact_below
        )
        manifests.create(connection, manifest)
        return cls(connection, manifest)

    @classmethod
    def open(cls, location, fingerprint):
        """Opens a gallery; see `Gallery.open`."""
        connection = Connection(Address.parse(location))
        manifest = manifests.read(connection)
        if fingerprint is not None:
            check_fingerprint(
                str(connection.address), manifest.fingerprint, fingerprint
            )
        backend = cls(connection, manifest)
        if manifest.dim is not None:
            connection("load_collection", backend._reader.name)
        backend._finish_for_another()
        return backend

    @classmethod
    def exists(cls, location):
        """Whether there is a collection of that name."""
        connection = Connection(Address.parse(location))
        there = connection("has_collection", connection.address.collection)
        connection.close()
        return there

    def add(self, rows):
        with self._writing() as manifest:
            there = self._reader.by_key(rows.ids)
            if there:
                raise ValueError(
                    "`ids` must not be in the gallery already. Received: "
                    f"{next(iter(there))!r}"
                )
            made = [
                schema.row_of(*row, manifest.next_seq + i)
                for i, row in enumerate(zip(*rows, strict=True))
            ]
            dim = rows.vectors.shape[1]
            if manifest.dim is None:
                indexing.create_rows(self._connection, self._reader.name, dim)
            self._writer.add(made, dim)

    def update(self, changes):
        with self._writing() as manifest:
            self._check_there(changes.ids)
            self._writer.replace(self._updated(changes, manifest))

    def remove(self, ids):
        with self._writing() as manifest:
            self._check_there(ids)
            self._writer.remove(
                schema.tombstone(id, manifest.dim) for id in ids
            )

    def search(self, queries, k, exclude, where):
        self._finish()
        return self._searcher.search(queries, k, exclude, where)

    def compact(self, recall_target=None, queries=None):
        with self._lock:
            manifest = self._writer.begin()
            if recall_target is not None:
                manifest = manifest.replace(recall_target=recall_target)
            approximate = manifest.count >= manifest.exact_below
            # Said before the index is another, as rare conditions need it.
            manifest = self._store(
                manifest.replace(
                    indexed=manifest.indexed or approximate,
                    calibration=None,
                )
            )
        if manifest.dim is None:
            return
        name = self._reader.name
        self._connection("flush", name)
        indexing.change_index(self._connection, name, approximate)
        found = None
        if approximate:
            indexing.wait_for_index(self._connection, name)
            found = calibration.calibrate(
                self._searcher,
                self._sample(calibration.sample_size(manifest.count)),
                manifest.count,
                manifest.recall_target,
                queries,
            )
        with self._lock:
            self._store(
                self._load().replace(indexed=approximate, calibration=found)
            )

    def refresh(self):
        before = self._current
        changed = self._load().head != before.head
        self._finish_for_another()
        return changed

    def _manifest(self):
        return self._current

    def _load(self):
        """The manifest on the server, which is from now on that here."""
        manifest = manifests.read(self._connection)
        # Another thread may have gone on in the meantime.
        if manifest.version >= self._current.version:
            self._current = manifest
        return manifest

    def _store(self, manifest):
        manifest = manifest.replace(version=manifest.version + 1)
        manifests.write(self._connection, manifest)
        self._current = manifest
        return manifest

    @contextlib.contextmanager
    def _writing(self):
        with self._lock:
            manifest = self._writer.begin()
            self._unfinished = False
            try:
                yield manifest
            except ValueError:
                self._writer.abandon()
                raise
            except BaseException:
                # What was written is told, and ended, by the next request.
                self._unfinished = True
                raise

    def _finish(self):
        """Ends a write that an error of the server cut short."""
        if self._unfinished:
            with self._lock:
                self._writer.begin()
                self._unfinished = False

    def _finish_for_another(self):
        """Ends a write that its program was stopped in, and no other."""
        before, since = self._current, time.monotonic()
        while before.pending is not None:
            if time.monotonic() - since > _WRITER_GONE:
                self._unfinished = True
                return self._finish()
            time.sleep(_PAUSE)
            if self._load() != before:
                before, since = self._current, time.monotonic()

    def _check_there(self, ids):
        missing = set(ids) - set(self._reader.by_key(ids))
        if missing:
            first = next(id for id in ids if id in missing)
            raise ValueError(
                f"`ids` must be in the gallery. Received: {first!r}"
            )

    def _updated(self, changes, manifest):
        """Yields the rows that `Changes` ask for, as if added last."""
        ids = changes.ids
        columns = [*schema.RECORD, schema.VECTOR]
        for start in range(0, len(ids), ROWS_PER_READ):
            part = slice(start, start + ROWS_PER_READ)
            there = self._reader.by_key(ids[part], columns)
            old = self._new_rows([there[id] for id in ids[part]], manifest.dim)
            new = [
                kept if given is None else given[part]
                for kept, given in zip(old, changes, strict=True)
            ]
            first = manifest.next_seq + start
            for i, row in enumerate(zip(*new, strict=True)):
                yield schema.row_of(*row, first + i)

    def _sample(self, size):
        """Vectors of rows drawn at random, an array."""
        rng = np.random.default_rng(0)
        rows = []
        # Rows that were removed leave numbers that stand for none.
        while len(rows) < size:
            drawn = rng.integers(0, self._current.next_seq, 2 * size)
            rows += self._reader.query(
                f"seq in {sorted(set(drawn.tolist()))}", ["seq", schema.VECTOR]
            )
        return schema.vectors_of(rows[:size], self._current.dim)
