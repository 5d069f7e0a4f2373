"""The backend of a gallery in a folder."""

import json
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np

from keras_cmr.retrieval.adding import check_there
from keras_cmr.retrieval.backend import Backend
from keras_cmr.retrieval.backend import NewRows
from keras_cmr.retrieval.exclusion import Exclusion
from keras_cmr.retrieval.local import folder as files
from keras_cmr.retrieval.local import planner
from keras_cmr.retrieval.local.engine import Engine
from keras_cmr.retrieval.local.engine import build_engine
from keras_cmr.retrieval.local.freed_memory import give_back
from keras_cmr.retrieval.local.manifest import MANIFEST
from keras_cmr.retrieval.local.manifest import read_manifest
from keras_cmr.retrieval.local.read_write_lock import ReadWriteLock
from keras_cmr.retrieval.local.state import State
from keras_cmr.retrieval.local.state import read_rows
from keras_cmr.retrieval.local.table import LanceTable
from keras_cmr.retrieval.local.verification import verify
from keras_cmr.retrieval.local.writing import LocalWriting
from keras_cmr.retrieval.query import check_fingerprint


class LocalBackend(LocalWriting, Backend):
    """Rows in a Lance table, searched in memory-mapped files.

    The table is the truth; memory holds ids, paths and metadata, and the
    index is derived. A commit to the table comes first, then memory follows.

    Args:
        folder: `pathlib.Path`, absolute.
        table: `LanceTable`.
        state: `State`.
    """

    def __init__(self, folder, table, state):
        self.folder = folder
        self._table = table
        self._state = state
        self._version = table.version
        self._lock = ReadWriteLock()
        self._writers = threading.Lock()

    @classmethod
    def create(cls, location, fingerprint, settings):
        """Makes an empty gallery in a new or empty folder."""
        folder = Path(location).absolute()
        files.claim_folder(folder)
        table = LanceTable.create(folder / files.ROWS)
        reason = f"fewer images than exact_below={settings.exact_below}"
        files.save_state(
            folder, fingerprint, settings, Engine(None, None, reason)
        )
        state = State.load(folder, read_manifest(folder), table)
        return cls(folder, table, state)

    @classmethod
    def open(cls, location, fingerprint):
        """Opens a gallery made with the model of this fingerprint."""
        folder = Path(location).absolute()

        def read():
            manifest = read_manifest(folder)
            if fingerprint is not None:
                check_fingerprint(folder, manifest["fingerprint"], fingerprint)
            table = LanceTable.open(folder / files.ROWS)
            return cls(folder, table, State.load(folder, manifest, table))

        return files.settled(folder, read)

    @classmethod
    def exists(cls, location):
        """Whether there is a gallery in this folder, whole or not."""
        return (Path(location) / MANIFEST).exists()

    @property
    def location(self):
        return str(self.folder)

    @property
    def fingerprint(self):
        return self._state.manifest["fingerprint"]

    @property
    def dim(self):
        dim = self._state.blocks.dim
        return self._table.dim if dim is None else dim

    def __len__(self):
        return self._state.rows.count

    def __contains__(self, id):
        return id in self._state.rows

    def ids(self):
        with self._lock.read():
            rows = self._state.rows
            return [rows.ids[row] for row in rows.living().tolist()]

    def records(self, ids):
        with self._lock.read():
            rows = self._state.rows
            return [
                rows.record(rows.row(id)) if id in rows else None for id in ids
            ]

    def sample(self, count, seed, where=None):
        with self._lock.read():
            state = self._state
            allowed = state.rows.alive
            if where is not None:
                allowed = allowed & state.metadata.mask(where)
            places = np.flatnonzero(allowed)
            drawn = np.random.default_rng(seed).choice(
                places, min(count, len(places)), replace=False
            )
            return [state.rows.record(row) for row in np.sort(drawn).tolist()]

    def vectors(self, ids):
        with self._lock.read():
            check_there(self, ids)
            rows, blocks = self._state.rows, self._state.blocks
            return blocks.take(np.array([rows.row(id) for id in ids], np.int64))

    def ids_of_path(self, path):
        with self._lock.read():
            rows = self._state.rows
            return [rows.ids[row] for row in rows.rows_of_path(path)]

    def rows(self, batch_size=10_000):
        with self._lock.read():
            rows, blocks = self._state.rows, self._state.blocks
            living = rows.living()
        for start in range(0, len(living), batch_size):
            chosen = living[start : start + batch_size]
            places = chosen.tolist()
            with self._lock.read():
                vectors = blocks.take(chosen)
            yield NewRows(
                [rows.ids[row] for row in places],
                vectors,
                [rows.paths[row] for row in places],
                [json.loads(rows.metadata[row]) for row in places],
            )

    def search(self, queries, k, exclude, where):
        with self._lock.read():
            state = self._state
            rows = state.rows
            allowed = rows.alive
            if where is not None:
                allowed = allowed & state.metadata.mask(where)
            exclusion = Exclusion(
                [
                    # What was removed since the query was checked is gone.
                    np.array(
                        sorted(rows.row(id) for id in ids if id in rows),
                        np.int64,
                    )
                    for ids in exclude
                ]
            )
            found, scores = planner.search(
                state.blocks,
                state.engine.index,
                state.engine.num_indexed,
                queries,
                k,
                exclusion,
                allowed,
            )
            return [
                [
                    (rows.record(row), score)
                    for row, score in zip(*places, strict=True)
                    if score > -np.inf
                ]
                for places in zip(found.tolist(), scores.tolist(), strict=True)
            ]

    def compact(self, recall_target=None, queries=None):
        with self._writing():
            settings = self._state.settings
            if recall_target is not None:
                settings = replace(settings, recall_target=recall_target)
            self._table.compact()
            rows, blocks = read_rows(self._table)
            engine = build_engine(rows, blocks, settings, queries)
            manifest = files.save_state(
                self.folder, self.fingerprint, settings, engine, rows
            )
            state = State.of(manifest, settings, rows, blocks, engine)
            with self._lock.write():
                self._state = state
        give_back()

    def verify(self):
        return files.settled(self.folder, lambda: verify(self.folder))

    def refresh(self):
        with self._writers:
            return self._take_in()

    def _take_in(self):
        """Reads what others wrote since; whether there was anything."""
        news = files.settled(self.folder, self._read_news)
        if news is None:
            return False
        table, change, state = news
        with self._lock.write():
            if change:
                self._state.apply(*change)
            else:
                self._state = state
            self._table, self._version = table, table.version
        if not change:
            give_back()  # what the state before held
        return True

    def _read_news(self):
        """The table with either what changed or a new state, or `None`."""
        manifest = read_manifest(self.folder)
        same_index = manifest == self._state.manifest
        if same_index and self._table.latest_version == self._version:
            return None
        table = LanceTable.open(self.folder / files.ROWS)
        change = same_index and self._state.changes(table)
        if change:
            return table, change, None
        return table, None, State.load(self.folder, manifest, table)

    def stats(self):
        with self._lock.read():
            return self._state.stats(self.dim)
