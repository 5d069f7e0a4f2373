"""Searches of a gallery on Milvus, none of whose answers is partial."""

import numpy as np

from keras_cmr.retrieval import exact
from keras_cmr.retrieval.exclusion import Exclusion
from keras_cmr.retrieval.milvus import calibration
from keras_cmr.retrieval.milvus import expressions
from keras_cmr.retrieval.milvus import schema
from keras_cmr.retrieval.milvus.reading import REQUEST_LIMIT

# Under an approximate index, so few rows that a condition holds for are read
# and scored here: the server would miss most of them.
RARE = 10_000
_ATTEMPTS = 5
_HITS_PER_REQUEST = 32_768
_QUERIES_PER_REQUEST = 256
_ROWS_PER_SCAN = 2_048


class _Changed(Exception):
    """The rows found are not as many as there are: look again."""


class Searcher:
    """Searches one gallery.

    Args:
        reader: `Reader`.
        manifest: Function that gives the `Manifest` known here.
        reload: Function that reads it anew and gives it.
    """

    def __init__(self, reader, manifest, reload):
        self._reader = reader
        self._manifest = manifest
        self._reload = reload

    def search(self, queries, k, exclude, where):
        """See `Backend.search`."""
        for _ in range(_ATTEMPTS):
            try:
                return self._search(queries, k, exclude, where)
            except _Changed as changed:
                reason = changed
                self._reload()
        raise RuntimeError(
            f"Partial answer of Milvus at {self._reader.connection.address}, "
            f"not handed on: {reason}. Data is not loaded in full, or many "
            "rows are being removed at this moment"
        )

    def _search(self, queries, k, exclude, where):
        manifest = self._manifest()
        condition = expressions.expression_of(where) if where else None
        count = self._reader.count(condition) if where else manifest.count
        if not count:
            return [[] for _ in queries]
        limit = min(k + max(map(len, exclude)), count)
        rare = manifest.indexed and where is not None and count <= RARE
        if rare or limit > REQUEST_LIMIT:
            return self._scan(queries, k, exclude, where, count)
        found = self._ask(queries, limit, condition, count)
        records = [
            [
                (schema.record_of(row), row["score"])
                for row in sorted(
                    rows, key=lambda row: (-row["score"], row["seq"])
                )
            ]
            for rows in found
        ]
        if where and not all(
            where.holds(record.metadata)
            for rows in records
            for record, _ in rows
        ):
            return self._scan(queries, k, exclude, where, count)
        return [
            [pair for pair in rows if pair[0].id not in ids][:k]
            for rows, ids in zip(records, exclude, strict=True)
        ]

    def _ask(self, queries, limit, condition, count):
        """Lists of `limit` rows of each query, with `score`."""
        manifest = self._manifest()
        settings = [{}]
        if manifest.indexed:
            share = count / manifest.count
            settings = [
                calibration.parameters(
                    manifest.calibration, limit, manifest.count, share
                ),
                calibration.widest(manifest.count),
            ]
        for parameters in settings:
            found = self.ask(queries, limit, condition, parameters)
            if any(self._is_hidden(row) for rows in found for row in rows):
                # Rows of a write that has not been committed, or by another
                # program, which the manifest known here is older than.
                head = f"batch <= {self._reload().head}"
                both = f"({condition}) and {head}" if condition else head
                found = self.ask(queries, limit, both, parameters)
            fewest = min(map(len, found))
            if fewest == limit:
                return found
        raise _Changed(f"{fewest} rows of {limit}")

    def ask(self, queries, limit, condition, parameters):
        """What the server finds, lists of rows with `score`."""
        found = []
        step = min(_QUERIES_PER_REQUEST, max(1, _HITS_PER_REQUEST // limit))
        queries = schema.widened(queries)
        for start in range(0, len(queries), step):
            answer = self._reader.connection(
                "search",
                self._reader.name,
                data=list(queries[start : start + step]),
                anns_field=schema.VECTOR,
                limit=limit,
                filter=condition or "",
                output_fields=schema.RECORD,
                search_params={"metric_type": "IP", "params": parameters},
                **self._reader.consistency(),
            )
            found += [
                [{**hit["entity"], "score": hit["distance"]} for hit in hits]
                for hits in answer
            ]
        return found

    def _is_hidden(self, row):
        return row["batch"] > self._manifest().head

    def _scan(self, queries, k, exclude, where, count):
        """Reads every row that the condition may hold for and scores it."""
        condition = expressions.expression_of(where) if where else None
        columns = [*schema.RECORD, schema.VECTOR]
        if condition and count <= REQUEST_LIMIT:
            parts = [self._reader.query(condition, columns)]
        else:
            parts = self._reader.in_order(columns, _ROWS_PER_SCAN, condition)
        best = np.empty((len(queries), 0), np.int64)
        scores = np.empty((len(queries), 0), np.float32)
        records, seen = {}, 0
        for rows in parts:
            seen += len(rows)
            pairs = [(row["seq"], schema.record_of(row), row) for row in rows]
            if where:
                pairs = [p for p in pairs if where.holds(p[1].metadata)]
            if not pairs:
                continue
            records |= {seq: record for seq, record, _ in pairs}
            part, part_scores = self._score(queries, k, exclude, pairs)
            best, scores = exact.merge([best, part], [scores, part_scores], k)
            records = {seq: records[seq] for seq in np.unique(best).tolist()}
        if seen != count:
            raise _Changed(f"{seen} rows of {count}")
        return [
            [
                (records[seq], score)
                for seq, score in zip(row.tolist(), line.tolist(), strict=True)
                if score > -np.inf
            ]
            for row, line in zip(best, scores, strict=True)
        ]

    def _score(self, queries, k, exclude, pairs):
        place = {record.id: i for i, (_, record, _) in enumerate(pairs)}
        excluded = [
            np.array([place[id] for id in ids if id in place], np.int64)
            for ids in exclude
        ]
        vectors = schema.vectors_of(
            [row for _, _, row in pairs], self._manifest().dim
        )
        rows, scores = exact.search(vectors, queries, k, Exclusion(excluded))
        return np.array([seq for seq, _, _ in pairs])[rows], scores
