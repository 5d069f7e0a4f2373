"""The vectors of a gallery: mapped files, then rows in memory."""

import numpy as np

from keras_cmr.retrieval.local.growing import Growing

# Smaller blocks are copied to memory, so that a search meets few of them.
_SMALL = 1024


class Blocks:
    """Rows in several arrays, numbered through.

    Args:
        blocks: List of float32 arrays of shape `(any, dim)`.
    """

    def __init__(self, blocks=()):
        self._blocks = []
        self._starts = []
        self._length = 0
        for block in blocks:
            self.append(block)

    def __len__(self):
        return self._length

    @property
    def dim(self):
        """Width of the rows; `None` before the first."""
        return self._blocks[0].shape[1] if self._blocks else None

    def append(self, rows):
        """Adds a block; a large one is kept as it is, not copied."""
        last = self._blocks[-1] if self._blocks else None
        small = len(rows) < _SMALL
        if small and isinstance(last, _Tail):
            last.append(rows)
        else:
            self._starts.append(self._length)
            # A view without the class of mapped arrays, whose every slice
            # takes microseconds.
            self._blocks.append(_Tail(rows) if small else np.asarray(rows))
        self._length += len(rows)

    def parts(self, first=0):
        """Yields `(first row, array)` of the rows from `first` on."""
        for start, block in zip(self._starts, self._blocks, strict=True):
            rows = block.rows if isinstance(block, _Tail) else block
            if start >= first:
                yield start, rows
            elif start + len(rows) > first:
                yield first, rows[first - start :]

    def take(self, rows):
        """Copies rows, given as an int64 array of any shape."""
        rows = np.asarray(rows)
        out = np.empty((rows.size, self.dim), np.float32)
        flat = rows.ravel()
        parts = list(self.parts())
        if len(parts) == 1:
            np.take(parts[0][1], flat, axis=0, out=out)
        else:
            owner = np.searchsorted(self._starts, flat, side="right") - 1
            for number in np.unique(owner).tolist():
                start, block = parts[number]
                chosen = np.flatnonzero(owner == number)
                out[chosen] = block[flat[chosen] - start]
        return out.reshape(*rows.shape, self.dim)


class _Tail(Growing):
    """A block that still grows."""

    @property
    def shape(self):
        return self.rows.shape
