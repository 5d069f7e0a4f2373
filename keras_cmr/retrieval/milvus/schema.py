"""Columns of a gallery's rows on Milvus, and rows as the server takes them."""

import json
from hashlib import blake2b
from urllib.parse import quote
from urllib.parse import unquote

import numpy as np

from keras_cmr.retrieval.backend import Record
from keras_cmr.retrieval.milvus import expressions
from keras_cmr.retrieval.milvus.connection import load_pymilvus

# Bytes of a string, entries of an array: what Milvus takes at most.
TEXT_LIMIT = 65_535
TAGS_LIMIT = 4_096
# Lists that each sealed segment is split into; a segment has a size limit
# of its own (512 MB by default), so this need not grow with the gallery.
NUM_LISTS = 1_024
VECTOR = "vector"
# Columns of a `Record`, and those that say whether and where it counts.
RECORD = ["key", "path", "metadata", "seq", "batch"]
ALL = [*RECORD, VECTOR, "path_key", "tags", "numbers", "checksum"]
# Added to the number of rows that are not in place yet; see `writing`.
STAGED = 1 << 62
_STAGED_PREFIX = "%"


def clock_schema(dim):
    """Schema of the collection that holds the manifest."""
    return _schema([("key", "VARCHAR", {"is_primary": True})], dim)


def rows_schema(dim):
    """Schema of the collection that holds the rows."""
    tags = {"max_capacity": TAGS_LIMIT}
    return _schema(
        [
            ("key", "VARCHAR", {"is_primary": True}),
            ("seq", "INT64", {}),
            ("batch", "INT64", {}),
            ("path", "VARCHAR", {}),
            ("path_key", "INT64", {}),
            ("metadata", "VARCHAR", {}),
            ("tags", "ARRAY", tags),
            ("numbers", "JSON", {}),
            ("checksum", "INT64", {}),
        ],
        width_of(dim),
    )


def index_params(approximate):
    """The index of the vectors.

    ScaNN's, or none (`FLAT`). A collection with any but `FLAT` is searched
    approximately everywhere: rows that are not indexed yet go through an
    index that the server makes in passing and no request can widen.
    """
    # No `with_raw_data`: a boolean makes Milvus 2.3.5 build it for ever.
    # It is the only index: Milvus tells of a loaded segment one index name.
    params = load_pymilvus().MilvusClient.prepare_index_params()
    params.add_index(
        VECTOR,
        index_name=VECTOR,
        index_type="SCANN" if approximate else "FLAT",
        metric_type="IP",
        params={"nlist": NUM_LISTS} if approximate else {},
    )
    return params


def width_of(dim):
    """Numbers stored for a vector: ScaNN wants them in pairs."""
    return dim + dim % 2


def widened(vectors):
    """Vectors as they are stored; a zero more changes no inner product."""
    vectors = np.asarray(vectors, np.float32)
    if vectors.shape[1] % 2:
        vectors = np.pad(vectors, ((0, 0), (0, 1)))
    return vectors


def vectors_of(rows, dim):
    """Float32 array of shape `(n, dim)` of rows from the server."""
    vectors = np.array([row[VECTOR] for row in rows], np.float32)
    return vectors.reshape(len(rows), width_of(dim))[:, :dim]


def key_of(id):
    """A string of plain characters for an id (or path), and back."""
    return quote(id, safe="/ ", errors="surrogateescape")


def id_of(key):
    """The id (or path) of a key."""
    return unquote(key, errors="surrogateescape")


def staged(row, number):
    """The row, kept aside under a number from `STAGED` on; see `writing`."""
    return {**row, "key": _STAGED_PREFIX + row["key"], "batch": number}


def tombstone(id, dim):
    """A row to be staged that stands for the removal of a row."""
    return row_of(id, np.zeros(dim, np.float32), None, {}, -1)


def unstaged_key(key):
    """The key of the row that a staged row replaces."""
    return key.removeprefix(_STAGED_PREFIX)


def row_of(id, vector, path, metadata, seq):
    """A row as the server takes it, but for the number of its write.

    What the server could not hold is a `ValueError`.
    """
    text = json.dumps(metadata)
    row = {
        "key": key_of(id),
        "seq": seq,
        "path": "" if path is None else key_of(path),
        "path_key": expressions.path_key(path),
        "metadata": text,
        "tags": expressions.tags_of(metadata),
        "numbers": expressions.numbers_of(metadata),
        VECTOR: widened([vector])[0],
    }
    for name, argument in (
        ("key", "ids"),
        ("path", "paths"),
        ("metadata", "metadata"),
    ):
        if len(row[name]) + len(_STAGED_PREFIX) > TEXT_LIMIT:
            raise ValueError(
                f"`{argument}` must be less than {TEXT_LIMIT} bytes each on "
                f"Milvus. Received: {len(row[name])} bytes for {id[:40]!r}"
            )
    if len(row["tags"]) > TAGS_LIMIT:
        raise ValueError(
            f"`metadata` must hold at most {TAGS_LIMIT} keys and list "
            f"entries on Milvus. Received: {len(row['tags'])} for {id[:40]!r}"
        )
    return {**row, "checksum": checksum_of(row)}


def checksum_of(row):
    """64-bit checksum of what a row holds for users."""
    digest = blake2b(digest_size=8)
    for name in ("key", "path", "metadata", "seq"):
        digest.update(f"{row[name]}\0".encode())
    digest.update(np.asarray(row[VECTOR], "<f4").tobytes())
    return int.from_bytes(digest.digest(), signed=True)


def path_of(row):
    """The path in a row, or `None`."""
    return id_of(row["path"]) if row["path"] else None


def record_of(row):
    """The `Record` in a row."""
    return Record(id_of(row["key"]), path_of(row), json.loads(row["metadata"]))


def _schema(columns, dim):
    milvus = load_pymilvus()
    types = milvus.DataType
    schema = milvus.MilvusClient.create_schema(auto_id=False)
    for name, kind, options in columns:
        if kind == "VARCHAR":
            options = {**options, "max_length": TEXT_LIMIT}
        if kind == "ARRAY":
            options = {**options, "element_type": types.INT64}
        schema.add_field(name, getattr(types, kind), **options)
    schema.add_field(VECTOR, types.FLOAT_VECTOR, dim=dim)
    return schema
