"""An array that rows are appended to at little cost."""

import numpy as np


class Growing:
    """Rows in one block of memory with room for more.

    Args:
        rows: Array; copied.
    """

    def __init__(self, rows):
        self._room = np.array(rows)
        self._length = len(rows)

    def __len__(self):
        return self._length

    @property
    def rows(self):
        """The rows so far, a view: an `append` may leave it behind."""
        return self._room[: self._length]

    def append(self, rows):
        """Adds an array of rows at the end."""
        length = self._length + len(rows)
        if length > len(self._room):
            size = max(length, 2 * self._length)
            room = np.empty((size, *self._room.shape[1:]), self._room.dtype)
            room[: self._length] = self.rows
            self._room = room
        self._room[self._length : length] = rows
        self._length = length
