"""Metadata by key, so that a condition is decided once per value."""

import json
import threading

import numpy as np

# Keys whose values are held; a server's users may ask for any.
_KEYS = 64


class MetadataColumns:
    """Finds the rows whose metadata satisfies conditions.

    A key's values are read when first asked for and numbered; a condition
    is then evaluated for every distinct value, not for every row. The keys
    asked for last are held.

    Args:
        metadata: List of JSON strings or `None`s, one per row; may grow.
    """

    def __init__(self, metadata):
        self._metadata = metadata
        self._columns = {}
        self._lock = threading.Lock()  # searches may run side by side

    def mask(self, where):
        """Which rows satisfy all conditions of a `Where`: a bool array."""
        mask = np.ones(len(self._metadata), bool)
        for condition in where.conditions:
            with self._lock:
                column = self._columns.pop(condition.key, None) or _Column()
                column.extend(condition.key, self._metadata)
                self._columns[condition.key] = column
                if len(self._columns) > _KEYS:
                    del self._columns[next(iter(self._columns))]
            # The last place answers for rows without the key (code -1).
            holds = [condition.holds(value) for value in column.values]
            mask &= np.array([*holds, False])[column.codes]
        return mask


class _Column:
    def __init__(self):
        self.codes = np.empty(0, np.int32)
        self.values = []
        self._code_of = {}

    def extend(self, key, metadata):
        """Reads the rows that came since the last call."""
        codes = []
        for text in metadata[len(self.codes) :]:
            row = json.loads(text) if text is not None else {}
            if key not in row:
                codes.append(-1)
                continue
            name = json.dumps(row[key], sort_keys=True)
            code = self._code_of.setdefault(name, len(self.values))
            if code == len(self.values):
                self.values.append(row[key])
            codes.append(code)
        self.codes = np.append(self.codes, np.array(codes, np.int32))
