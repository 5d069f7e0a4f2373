"""What a gallery knows of its rows in memory: all but the vectors."""

import json

import numpy as np

from keras_cmr.retrieval.backend import Record
from keras_cmr.retrieval.local.growing import Growing


class Rows:
    """Rows numbered like the vectors; removed ones keep their number.

    Args:
        snapshot: `table.Snapshot`.
    """

    def __init__(self, snapshot):
        columns, places = snapshot.columns, snapshot.places
        length = sum(map(len, snapshot.blocks))
        self.ids = _spread(columns.ids, places, length)
        self.paths = _spread(columns.paths, places, length)
        self.metadata = _spread(columns.metadata, places, length)
        serials = np.full(length, -1, np.int64)
        serials[places] = columns.serials
        alive = np.zeros(length, bool)
        alive[places] = True
        self._serials = Growing(serials)
        self._alive = Growing(alive)
        self._rows_of_path = None
        self._row_of_id = dict(zip(columns.ids, places.tolist(), strict=True))
        if len(self._row_of_id) != len(places):
            raise ValueError("Damaged gallery: an id stands in several rows")

    @property
    def serials(self):
        """Int64 array; what it holds of removed rows means nothing."""
        return self._serials.rows

    @property
    def alive(self):
        """Bool array: which rows have not been removed."""
        return self._alive.rows

    def __len__(self):
        """Number of rows, the removed ones too."""
        return len(self.ids)

    @property
    def count(self):
        """Number of living rows."""
        return len(self._row_of_id)

    def __contains__(self, id):
        return id in self._row_of_id

    def row(self, id):
        """The row of an id that is there."""
        return self._row_of_id[id]

    def living(self):
        """The living rows, an ascending int64 array."""
        return np.flatnonzero(self.alive)

    def record(self, row):
        """The `Record` of a living row."""
        return Record(
            self.ids[row], self.paths[row], json.loads(self.metadata[row])
        )

    def rows_of_path(self, path):
        """Every living row that was added from this file."""
        if self._rows_of_path is None:
            self._rows_of_path = {}
            self._note_paths(self.living().tolist())
        rows = self._rows_of_path.get(path, ())
        return [row for row in rows if self.alive[row]]

    def append(self, columns):
        """Adds `table.Columns` at the end."""
        first = len(self)
        rows = range(first, first + len(columns.ids))
        self.ids += columns.ids
        self.paths += columns.paths
        self.metadata += columns.metadata
        self._serials.append(columns.serials)
        self._alive.append(np.ones(len(columns.ids), bool))
        self._row_of_id.update(zip(columns.ids, rows, strict=True))
        if self._rows_of_path is not None:
            self._note_paths(rows)

    def kill(self, rows):
        """Marks rows as removed, given as an int64 array."""
        for row in rows.tolist():
            self._row_of_id.pop(self.ids[row])
        self.alive[rows] = False

    def _note_paths(self, rows):
        for row in rows:
            path = self.paths[row]
            if path is not None:
                self._rows_of_path.setdefault(path, []).append(row)


def _spread(values, places, length):
    """A list of `length` with the values at their places."""
    if len(values) == length:
        return values
    spread = np.full(length, None, object)
    spread[places] = values
    return spread.tolist()
