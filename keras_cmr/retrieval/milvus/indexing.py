"""The index of a collection on Milvus: made, changed and waited for."""

import time

from keras_cmr.retrieval.milvus import schema

_PAUSE = 0.5
# The server counts no rows of smaller segments as worth an index.
_SMALLEST_SEGMENT = 1_024
# A build may take hours in all, but not so long without any row more.
_STILL = 1_800


def create_rows(connection, name, dim):
    """Makes the collection of the rows, searchable exactly.

    One of that name is what a write left that did not end, before anything
    was committed.
    """
    if connection("has_collection", name):
        connection("drop_collection", name)
    connection(
        "create_collection",
        name,
        schema=schema.rows_schema(dim),
        index_params=schema.index_params(approximate=False),
    )


def change_index(connection, name, approximate):
    """Makes the index another one.

    Milvus wants the collection unloaded for that: searches wait for the few
    seconds it takes. It is loaded again before the index is built; until
    then the server searches in other ways.
    """
    described = connection("describe_index", name, schema.VECTOR)
    wanted = "SCANN" if approximate else "FLAT"
    if not described or described["index_type"] != wanted:
        connection("release_collection", name)
        if described:
            connection("drop_index", name, schema.VECTOR)
        connection(
            "create_index", name, schema.index_params(approximate), sync=False
        )
    connection("load_collection", name)


def wait_for_index(connection, name):
    """Returns when every row is indexed and every index in use.

    That the server calls a build finished means neither.
    """
    before, since = None, time.monotonic()
    while True:
        described = connection("describe_index", name, schema.VECTOR)
        waiting = described["pending_index_rows"]
        loaded = connection("list_loaded_segments", name)
        unused = sum(
            segment.num_rows
            for segment in loaded
            if segment.num_rows >= _SMALLEST_SEGMENT
            and segment.index_name != schema.VECTOR
        )
        if not waiting and not unused:
            return
        if (waiting, unused) != before:
            before, since = (waiting, unused), time.monotonic()
        if time.monotonic() - since > _STILL:
            raise RuntimeError(
                f"Milvus at {connection.address} has not gone on with its "
                f"index for {_STILL} s: {waiting} rows are not indexed, "
                f"{unused} are not searched by the index. Searches go on; "
                "see the server's log"
            )
        time.sleep(_PAUSE)
