"""Rows that occur several times, found by their bytes."""

import hashlib

import numpy as np


def distinct_rows(array):
    """The distinct rows of an array, and where each of its rows is in them.

    Args:
        array: Array `(n, ...)`.

    Returns:
        Tuple of the rows `(m, ...)`, in the order of their first occurrence,
        and an int array `(n,)`. If no row repeats, the rows are `array`.
    """
    first, rows = {}, np.empty(len(array), int)
    for i, row in enumerate(array):
        key = hashlib.blake2b(np.ascontiguousarray(row), digest_size=16)
        rows[i] = first.setdefault(key.digest(), len(first))
    if len(first) == len(array):
        return array, rows
    chosen = np.unique(rows, return_index=True)[1]
    return array[chosen], rows
