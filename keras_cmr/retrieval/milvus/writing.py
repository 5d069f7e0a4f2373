"""Writes that are there whole or not at all, whenever they are cut short."""

import itertools
import secrets

from keras_cmr.retrieval.milvus import manifest as manifests
from keras_cmr.retrieval.milvus import schema

# One request takes 64 MB at most, in rows of all columns.
_BYTES_PER_REQUEST = 8 << 20
_ROWS_PER_REQUEST = 1_000
# By how much the number of a write is larger than the last one's, at most.
_STEP = 1 << 20


class Writer:
    """Writes rows of one gallery.

    The number of the last committed write, `head`, is in the manifest, which
    the server replaces at once. An addition is rows with a larger number,
    which nobody takes for rows of the gallery, and then a new head.

    An update or a removal first keeps its rows aside (*staged*, under keys
    and a number of their own), then commits, then puts them in place. What
    was cut short before the commit is deleted, after it is completed, by
    whoever writes or opens next.

    Args:
        reader: `Reader`.
        load: Function that gives the manifest as it is on the server.
        store: Function that replaces it, there and here.
    """

    def __init__(self, reader, load, store):
        self._reader = reader
        self._connection = reader.connection
        self._name = reader.name
        self._load = load
        self._store = store

    def begin(self):
        """The manifest to write on, with all earlier writes ended."""
        manifest = self._load()
        if manifest.pending is not None:
            return self.finish(manifest)
        return self.abandon()

    def add(self, rows, dim):
        """Writes new rows, an iterable, and commits them."""
        manifest = self._start()
        number = manifest.writing
        count = self._upsert(({**r, "batch": number} for r in rows), manifest)
        self._commit(
            manifest,
            dim=dim,
            count=manifest.count + count,
            next_seq=manifest.next_seq + count,
        )

    def replace(self, rows):
        """Commits rows, an iterable, and puts them in place of the old."""
        manifest = self._start()
        count = self._stage(rows, manifest)
        last = manifest.next_seq + count
        self.finish(self._commit(manifest, pending=0, next_seq=last))

    def remove(self, tombstones):
        """Commits the removal of rows and carries it out."""
        manifest = self._start()
        left = manifest.count - self._stage(tombstones, manifest)
        self.finish(self._commit(manifest, pending=0, count=left))

    def abandon(self):
        """Takes back what was written and not committed."""
        manifest = self._load()
        if manifest.writing is None:
            return manifest
        self._delete_where(f"batch > {manifest.head}")
        return self._store(manifest.replace(writing=None))

    def finish(self, manifest):
        """Puts staged rows in place; may be done twice without harm."""
        staged = f"batch == {schema.STAGED + manifest.head}"
        while keys := self._keys_where(staged):
            for part in _parts(keys, _ROWS_PER_REQUEST):
                self._put_in_place(part, manifest.head)
                manifest = self._store(
                    manifest.replace(pending=manifest.pending + len(part))
                )
        return self._store(
            manifest.replace(
                pending=None,
                writing=None,
                time=manifests.tick(self._connection),
            )
        )

    def _put_in_place(self, keys, head):
        listed = ", ".join(f'"{key}"' for key in keys)
        rows = self._reader.query(f"key in [{listed}]", schema.ALL, True)
        for row in rows:
            row["key"] = schema.unstaged_key(row["key"])
        # Tombstones are told by their place, which no row has.
        gone = [row["key"] for row in rows if row["seq"] < 0]
        self._upsert({**r, "batch": head} for r in rows if r["seq"] >= 0)
        if gone:
            self._connection("delete", self._name, ids=gone)
        self._connection("delete", self._name, ids=keys)

    def _start(self):
        manifest = self._load()
        # By chance, so that rows of two programs that write at once, against
        # the rules, can be told apart.
        number = manifest.head + 1 + secrets.randbelow(_STEP)
        return self._store(manifest.replace(writing=number))

    def _commit(self, manifest, **changes):
        self._check_alone(manifest)
        return self._store(
            manifest.replace(
                head=manifest.writing,
                writing=manifest.writing if "pending" in changes else None,
                time=manifests.tick(self._connection),
                **changes,
            )
        )

    def _check_alone(self, manifest):
        if self._load() == manifest:
            return
        number = manifest.writing
        self._delete_where(f"batch in [{number}, {schema.STAGED + number}]")
        raise RuntimeError(
            f"Another program wrote to {self._connection.address} at the same "
            "time; nothing was written here. A gallery takes one writer at a "
            "time"
        )

    def _stage(self, rows, manifest):
        number = schema.STAGED + manifest.writing
        staged = (schema.staged(row, number) for row in rows)
        return self._upsert(staged, manifest)

    def _upsert(self, rows, manifest=None):
        # Not `insert`, which would keep two rows of one key.
        count = 0
        part, size = [], 0
        for row in rows:
            part.append(row)
            size += _bytes_of(row)
            count += 1
            if size > _BYTES_PER_REQUEST or len(part) == _ROWS_PER_REQUEST:
                self._write(part, manifest)
                part, size = [], 0
        if part:
            self._write(part, manifest)
        return count

    def _write(self, rows, manifest):
        if manifest is not None:
            self._check_alone(manifest)
        self._connection.write(self._name, rows)

    def _delete_where(self, condition):
        while keys := self._keys_where(condition):
            self._connection("delete", self._name, ids=keys)

    def _keys_where(self, condition):
        rows = self._reader.query(condition, ["key"], latest=True)
        return [row["key"] for row in rows]


def _bytes_of(row):
    texts = len(row["key"]) + len(row["path"]) + len(row["metadata"])
    numbers = 8 * len(row["tags"]) + 32 * len(row["numbers"])
    return texts + numbers + 4 * len(row[schema.VECTOR]) + 64


def _parts(values, size):
    values = iter(values)
    while part := list(itertools.islice(values, size)):
        yield part
