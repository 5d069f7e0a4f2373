"""The writing half of a gallery in a folder."""

import contextlib
import json

import numpy as np

from keras_cmr.retrieval.adding import check_new
from keras_cmr.retrieval.adding import check_there
from keras_cmr.retrieval.adding import check_width
from keras_cmr.retrieval.local.checksums import checksums
from keras_cmr.retrieval.local.columns import Columns
from keras_cmr.write_lock import write_lock

# Vectors of larger additions are mapped from disk, not kept in memory: what
# `index_images` writes is larger, most often.
_MAPPED_FROM = 1024
# A write takes milliseconds; only `compact` holds the lock for longer.
_SECONDS_WAITED = 10


class LocalWriting:
    """The writes of `keras_cmr.retrieval.local.backend.LocalBackend`.

    A commit to the table comes first, then memory follows.
    """

    def add(self, rows):
        with self._writing():
            check_new(self, rows.ids)
            check_width(self.dim, rows.vectors)
            metadata = [json.dumps(entry) for entry in rows.metadata]
            self._write(rows.ids, rows.paths, metadata, rows.vectors)

    def update(self, changes):
        with self._writing():
            check_there(self, changes.ids)
            rows, blocks = self._state.rows, self._state.blocks
            places = np.array([rows.row(id) for id in changes.ids], np.int64)
            paths = changes.paths
            if paths is None:
                paths = [rows.paths[row] for row in places.tolist()]
            metadata = [rows.metadata[row] for row in places.tolist()]
            if changes.metadata is not None:
                metadata = [json.dumps(entry) for entry in changes.metadata]
            vectors = changes.vectors
            if vectors is None:
                vectors = blocks.take(places)
            check_width(self.dim, vectors)
            self._write(changes.ids, paths, metadata, vectors, places)

    def remove(self, ids):
        with self._writing():
            check_there(self, ids)
            rows = self._state.rows
            places = np.array([rows.row(id) for id in ids], np.int64)
            self._table.commit(removed=rows.serials[places])
            with self._lock.write():
                self._state.apply(places)

    def _write(self, ids, paths, metadata, vectors, replaced=None):
        state = self._state
        # Unique for ever: no two commits make the same version.
        first = (self._table.version + 1) << 32
        serials = np.arange(first, first + len(ids))
        sums = checksums(serials, ids, paths, metadata, vectors)
        columns = Columns(serials, ids, paths, metadata, sums, vectors)
        removed = None if replaced is None else state.rows.serials[replaced]
        self._table.commit(columns, removed)
        blocks = [vectors]
        if len(ids) >= _MAPPED_FROM:
            blocks = self._table.newest_blocks(len(ids))
        with self._lock.write():
            state.apply(replaced, columns, blocks)

    @contextlib.contextmanager
    def _writing(self):
        """Nobody else writes, and what others wrote is known here."""
        with self._writers, write_lock(self.folder, _SECONDS_WAITED):
            self._take_in()
            try:
                yield
                with contextlib.suppress(OSError):
                    # What was written is durable; this can wait.
                    self._table.tidy()
            finally:
                self._version = self._table.version
