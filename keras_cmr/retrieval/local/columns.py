"""Rows as stored, and as Arrow carries them."""

from typing import NamedTuple

import numpy as np


class Columns(NamedTuple):
    """Rows as stored, parallel columns.

    Args:
        serials: Int64 array, ascending; a new one for each row ever written.
        ids: List of strings.
        paths: List of strings or `None`s.
        metadata: List of strings, JSON.
        checksums: Uint32 array; see `local.checksums`.
        vectors: Float32 array of shape `(n, dim)`.
    """

    serials: np.ndarray
    ids: list[str]
    paths: list[str | None]
    metadata: list[str]
    checksums: np.ndarray
    vectors: np.ndarray


def from_arrow(table, vectors):
    """`Columns` of an Arrow table and vectors from elsewhere."""
    return Columns(
        table["serial"].to_numpy(),
        table["id"].to_pylist(),
        table["path"].to_pylist(),
        table["metadata"].to_pylist(),
        table["checksum"].to_numpy(),
        vectors,
    )


def to_arrow(columns):
    """An Arrow table of `Columns`; vectors as `pages` maps them."""
    import pyarrow as pa

    dim = columns.vectors.shape[1]
    item = pa.field("item", pa.float32(), nullable=False)
    vector = pa.field(
        "vector",
        pa.list_(item, dim),
        nullable=False,
        # One row after another, unchanged: what `pages` maps.
        metadata={
            "lance-encoding:structural-encoding": "fullzip",
            "lance-encoding:compression": "none",
        },
    )
    schema = pa.schema(
        [
            pa.field("serial", pa.int64(), nullable=False),
            pa.field("id", pa.large_string(), nullable=False),
            pa.field("path", pa.large_string()),
            pa.field("metadata", pa.large_string(), nullable=False),
            pa.field("checksum", pa.uint32(), nullable=False),
            vector,
        ]
    )
    flat = np.ascontiguousarray(columns.vectors, np.float32).reshape(-1)
    return pa.table(
        [
            pa.array(columns.serials, pa.int64()),
            pa.array(columns.ids, pa.large_string()),
            pa.array(columns.paths, pa.large_string()),
            pa.array(columns.metadata, pa.large_string()),
            pa.array(columns.checksums, pa.uint32()),
            pa.FixedSizeListArray.from_arrays(
                pa.array(flat), type=pa.list_(item, dim)
            ),
        ],
        schema=schema,
    )
