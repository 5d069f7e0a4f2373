"""Rows of a collection by key, by condition or all of them."""

from keras_cmr.retrieval.milvus import schema

# What Milvus returns for one request at most.
REQUEST_LIMIT = 16_384
_KEYS_PER_REQUEST = 2_000


class Reader:
    """Reads the rows of one gallery.

    Args:
        connection: `Connection`.
        manifest: Function without arguments that gives the `Manifest` whose
            state is read.
    """

    def __init__(self, connection, manifest):
        self.connection = connection
        self.name = f"{connection.address.collection}_rows"
        self._manifest = manifest

    def query(self, condition, columns, latest=False):
        """Rows that a condition holds for, at most `REQUEST_LIMIT`.

        Args:
            condition: String in Milvus's filter language.
            columns: List of column names.
            latest: Bool. Whether rows are wanted that are not in the gallery
                (staged, or of a write that did not end), as of now.
        """
        manifest = self._manifest()
        if manifest.dim is None:
            return []
        if not latest:
            condition = f"({condition}) and batch <= {manifest.head}"
        return self.connection(
            "query",
            self.name,
            filter=condition,
            output_fields=list(columns),
            limit=REQUEST_LIMIT,
            **self.consistency(latest),
        )

    def count(self, condition=None):
        """How many rows a condition holds for."""
        manifest = self._manifest()
        if manifest.dim is None:
            return 0
        head = f"batch <= {manifest.head}"
        rows = self.connection(
            "query",
            self.name,
            filter=f"({condition}) and {head}" if condition else head,
            output_fields=["count(*)"],
            **self.consistency(),
        )
        return int(rows[0]["count(*)"])

    def consistency(self, latest=False):
        """Options of a request that must see every acknowledged write.

        Those until the manifest's time; the level "Strong" would have every
        request wait for a tick of the server's clock (200 ms).
        """
        if latest:
            return {"consistency_level": "Strong"}
        return {
            "consistency_level": "Customized",
            "guarantee_timestamp": self._manifest().time,
        }

    def by_key(self, ids, columns=("key",)):
        """Dict from id to its row, of those ids that are there."""
        rows = {}
        keys = [schema.key_of(id) for id in ids]
        for start in range(0, len(keys), _KEYS_PER_REQUEST):
            part = keys[start : start + _KEYS_PER_REQUEST]
            listed = ", ".join(f'"{key}"' for key in part)
            for row in self.query(f"key in [{listed}]", columns):
                rows[schema.id_of(row["key"])] = row
        return rows

    def in_order(self, columns, step, condition=None):
        """Yields lists of at most `step` rows, in order of addition."""
        manifest = self._manifest()
        for start in range(0, manifest.next_seq, step):
            asked = f"seq >= {start} and seq < {start + step}"
            if condition:
                asked += f" and {condition}"
            rows = self.query(asked, {*columns, "seq"})
            if rows:
                yield sorted(rows, key=lambda row: row["seq"])
