"""What a gallery on Milvus is and how far it has been written."""

import dataclasses
import json
from dataclasses import dataclass

from keras_cmr.retrieval.milvus.schema import clock_schema

_PROPERTY = "keras_cmr_gallery"
_FORMAT = 1
_DIM = 2


@dataclass(frozen=True)
class Manifest:
    """One value, replaced as a whole: the commit point of every write.

    It is a property of the collection that the location names, which holds
    no images; those are in a second one, `<collection>_rows`.

    Args:
        fingerprint: String, of the model.
        recall_target: Float.
        exact_below: Int.
        version: Int, how often it was replaced.
        dim: Int, or `None` before the first row.
        head: Int, the last committed write. Rows carry the number of theirs;
            rows with a larger one are not in the gallery.
        count: Int, rows in the gallery.
        next_seq: Int, rows ever added.
        time: Int, server time that a read must have reached.
        writing: Int, the number of a write whose rows may be there, or
            `None`.
        pending: `None`, or, of a committed update or removal whose staged
            rows are being put in place, the number put in place so far.
        indexed: Bool. Whether the index is an approximate one.
        calibration: Dict or `None`; see `calibration.calibrate`.
    """

    fingerprint: str
    recall_target: float
    exact_below: int
    version: int = 0
    dim: int | None = None
    head: int = 0
    count: int = 0
    next_seq: int = 0
    time: int = 0
    writing: int | None = None
    pending: int | None = None
    indexed: bool = False
    calibration: dict | None = None

    def replace(self, **changes):
        """A copy with other values."""
        return dataclasses.replace(self, **changes)


def create(connection, manifest):
    """Makes the collection that holds the manifest."""
    name = connection.address.collection
    if connection("has_collection", name):
        raise ValueError(
            "`location` must name a new collection. Received: "
            f"{connection.address}, which is there"
        )
    connection(
        "create_collection",
        name,
        schema=clock_schema(_DIM),
        properties={_PROPERTY: _to_json(manifest)},
    )


def read(connection):
    """The manifest as it is on the server now."""
    address = connection.address
    if not connection("has_collection", address.collection):
        raise FileNotFoundError(
            f"`location` must name a gallery. Received: {address}, where "
            "there is no collection of that name"
        )
    described = connection("describe_collection", address.collection)
    text = described.get("properties", {}).get(_PROPERTY)
    if text is None:
        raise ValueError(
            "`location` must name a gallery. Received: "
            f"{address}, a collection that keras_cmr did not make"
        )
    values = json.loads(text)
    if values.pop("format") != _FORMAT:
        raise ValueError(
            f"`location` must name a gallery of format {_FORMAT}. Received: "
            f"{address}, which another version of keras_cmr wrote"
        )
    return Manifest(**values)


def write(connection, manifest):
    """Replaces the manifest; durable and whole when it returns."""
    # Twice: a server with an etcd of one node, as Milvus standalone has,
    # answers before the change is on disk, and a kill then loses it (seen in
    # 2 of 4 kills; https://github.com/etcd-io/etcd/issues/14370). It does
    # not begin with the second change before the first is there.
    for _ in range(2):
        connection(
            "alter_collection_properties",
            connection.address.collection,
            properties={_PROPERTY: _to_json(manifest)},
        )


def tick(connection):
    """A server time later than every write so far.

    Milvus tells the time of what it writes, but of what it deletes it does
    not (2.3.5): a write to the manifest's own collection does.
    """
    row = {"key": "tick", "vector": [1.0] + [0.0] * (_DIM - 1)}
    return connection.write(connection.address.collection, [row])


def _to_json(manifest):
    return json.dumps({"format": _FORMAT, **dataclasses.asdict(manifest)})
