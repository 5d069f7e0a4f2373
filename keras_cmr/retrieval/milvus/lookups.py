"""The reading half of a gallery on Milvus, apart from searches."""

import numpy as np

from keras_cmr.retrieval.backend import Backend
from keras_cmr.retrieval.backend import NewRows
from keras_cmr.retrieval.milvus import expressions
from keras_cmr.retrieval.milvus import schema
from keras_cmr.retrieval.milvus.reading import REQUEST_LIMIT

ROWS_PER_READ = 1_000
# Of `sample`: rows that were removed leave numbers that stand for none.
_TRIES = 8


class Lookups(Backend):
    """What `MilvusBackend` tells of its rows.

    Before rows are read, a write that an error cut short is ended
    (`_finish`).
    """

    @property
    def dim(self):
        return self._current.dim

    def __len__(self):
        return self._current.count

    def __contains__(self, id):
        return bool(self.present([id]))

    def present(self, ids):
        self._finish()
        return set(self._reader.by_key(ids))

    def ids(self):
        self._finish()
        return [
            schema.id_of(row["key"])
            for rows in self._reader.in_order(["key"], REQUEST_LIMIT)
            for row in rows
        ]

    def records(self, ids):
        self._finish()
        rows = self._reader.by_key(ids, schema.RECORD)
        return [schema.record_of(rows[i]) if i in rows else None for i in ids]

    def sample(self, count, seed, where=None):
        self._finish()
        rng, span = np.random.default_rng(seed), self._current.next_seq
        count = min(count, REQUEST_LIMIT // 2)
        rows, tries = {}, _TRIES if where is None else 1
        while len(rows) < count and tries:
            condition = where and expressions.expression_of(where)
            if where is None:
                # Of all there ever were; some may have been removed.
                drawn = rng.choice(span, min(2 * count, span), replace=False)
                condition = f"seq in {np.sort(drawn).tolist()}"
            for row in self._reader.query(condition, schema.RECORD):
                rows[row["seq"]] = row
            tries = 0 if 2 * count >= span else tries - 1
        found = [schema.record_of(rows[seq]) for seq in sorted(rows)]
        if where is not None:
            found = [r for r in found if where.holds(r.metadata)]
        drawn = rng.choice(len(found), min(count, len(found)), replace=False)
        return [found[place] for place in np.sort(drawn).tolist()]

    def vectors(self, ids):
        self._finish()
        rows = self._reader.by_key(ids, ["key", schema.VECTOR])
        if missing := [id for id in ids if id not in rows]:
            raise ValueError(
                f"`ids` must be in the gallery. Received: {missing[0]!r}"
            )
        return schema.vectors_of([rows[id] for id in ids], self.dim or 0)

    def ids_of_path(self, path):
        self._finish()
        rows = self._reader.query(
            f"path_key == {expressions.path_key(path)}", schema.RECORD
        )
        return [
            schema.id_of(row["key"])
            for row in sorted(rows, key=lambda row: row["seq"])
            if schema.path_of(row) == path
        ]

    def rows(self, batch_size=1_000):
        self._finish()
        columns = [*schema.RECORD, schema.VECTOR]
        step = min(batch_size, REQUEST_LIMIT)
        for rows in self._reader.in_order(columns, step):
            yield self._new_rows(rows, self.dim)

    def verify(self):
        self._finish()
        seen = 0
        columns = [*schema.RECORD, schema.VECTOR, "checksum"]
        for rows in self._reader.in_order(columns, ROWS_PER_READ):
            seen += len(rows)
            for row in rows:
                if schema.checksum_of(row) != row["checksum"]:
                    raise ValueError(
                        f"{self.location} is damaged: the checksum of "
                        f"{schema.id_of(row['key'])!r} is wrong"
                    )
        if seen != len(self):
            raise ValueError(
                f"{self.location} is damaged: it holds {seen} rows of "
                f"{len(self)}"
            )
        return {"rows": seen}

    def stats(self):
        manifest = self._current
        engine, reason = "milvus FLAT (exact)", "`compact` was not called"
        if manifest.count < manifest.exact_below:
            reason = f"fewer than {manifest.exact_below} images"
        if manifest.indexed:
            engine, reason = "milvus SCANN", "`compact` has not ended"
        if manifest.calibration:
            reason = f"made by `compact` at {manifest.calibration['rows']}"
        return {
            "count": manifest.count,
            "dim": manifest.dim,
            "engine": engine,
            "reason": reason,
            "recall_target": manifest.recall_target,
            "exact_below": manifest.exact_below,
            "calibration": manifest.calibration,
        }

    def _new_rows(self, rows, dim):
        records = [schema.record_of(row) for row in rows]
        ids, paths, metadata = map(list, zip(*records, strict=True))
        return NewRows(ids, schema.vectors_of(rows, dim), paths, metadata)
