"""A checksum for each row, so that damage is told from data."""

import zlib

import numpy as np


def checksums(serials, ids, paths, metadata, vectors):
    """CRC-32 of every row's content.

    Kept in the row, not by file: it stays right when files are joined.

    Args:
        serials, ids, paths, metadata, vectors: As in `table.Columns`.

    Returns:
        Uint32 array.
    """
    sums = np.empty(len(ids), np.uint32)
    rows = zip(serials.tolist(), ids, paths, metadata, vectors, strict=True)
    for number, (serial, id, path, text, vector) in enumerate(rows):
        names = "\0".join([str(serial), id, path or "", text])
        sums[number] = zlib.crc32(vector, zlib.crc32(names.encode()))
    return sums
