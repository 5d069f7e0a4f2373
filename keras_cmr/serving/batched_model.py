"""A model that is called from one thread, for all who wait at once."""

import contextlib
import itertools
import logging
import queue
import threading
import time
from concurrent.futures import Future
from typing import NamedTuple

_log = logging.getLogger(__name__)


class _Call(NamedTuple):
    method: str
    columns: tuple[list, ...]
    rows: Future


class BatchedModel:
    """Joins calls from several threads into one call of a model.

    Frameworks do not promise that a model may be called from several threads,
    and a call has a price of its own (`keras.Model.predict`: tens of
    milliseconds) that a batch pays once. A call that finds the model idle goes
    at once; those that arrive meanwhile make up the next batch. So nobody
    waits for company, and batches grow with the load.

    A batch that fails is tried again one call at a time: bad input of one
    client is not another's error.

    Args:
        model: As of `keras_cmr.retrieval.Gallery`. Its fingerprint is read
            once.
        metrics: `Metrics`.
    """

    def __init__(self, model, metrics):
        self.fingerprint = model.fingerprint
        self._model = model
        self._metrics = metrics
        self._calls = queue.SimpleQueue()
        self._waited = threading.local()
        if hasattr(model, "embed_texts"):
            self.embed_texts = lambda texts: self._ask("embed_texts", texts)
        # Ends with the process: nothing in it needs to be tidied up.
        threading.Thread(target=self._work, name="model", daemon=True).start()

    def embed_queries(self, references, modifications):
        """Embeddings of composed queries."""
        return self._ask("embed_queries", references, modifications)

    def embed_targets(self, images):
        """Embeddings of images."""
        return self._ask("embed_targets", images)

    def warm_up(self, picture, max_batch):
        """Embeds every kind of query in every size of batch that can come.

        Backends compile at the first call of each; texts are of different
        lengths, for TensorFlow compiles once more when it sees that lengths
        differ (JAX does for each). A model that has `embed_texts` but refuses
        to use it is seen to have none.

        Args:
            picture: Uint8 array of shape `(height, width, 3)`.
            max_batch: Int.
        """
        for size in range(1, max_batch + 1):
            pictures, texts = [picture] * size, ["picture " * size] * size
            self.embed_queries(pictures, texts)
            self.embed_targets(pictures)
            if hasattr(self, "embed_texts"):
                try:
                    self.embed_texts(texts)
                except ValueError as error:
                    _log.info("No searches by text alone. %s", error)
                    del self.embed_texts

    def seconds_waited(self):
        """What this thread has waited for the model since last asked."""
        seconds = getattr(self._waited, "seconds", 0.0)
        self._waited.seconds = 0.0
        return seconds

    def _ask(self, method, *columns):
        start = time.perf_counter()
        call = _Call(method, columns, Future())
        self._calls.put(call)
        try:
            return call.rows.result()
        finally:
            waited = getattr(self._waited, "seconds", 0.0)
            self._waited.seconds = waited + time.perf_counter() - start

    def _work(self):
        while True:
            calls = [self._calls.get()]
            with contextlib.suppress(queue.Empty):
                while True:
                    calls.append(self._calls.get_nowait())
            for method in sorted({call.method for call in calls}):
                self._embed([call for call in calls if call.method == method])

    def _embed(self, calls):
        try:
            results = self._embedded(calls)
        except Exception as error:
            if len(calls) == 1:
                calls[0].rows.set_exception(error)
                return
            for call in calls:
                self._embed([call])
        else:
            for call, rows in zip(calls, results, strict=True):
                call.rows.set_result(rows)

    def _embedded(self, calls):
        """The rows of each call, from one call of the model."""
        sizes = [len(call.columns[0]) for call in calls]
        columns = [
            list(itertools.chain(*parts))
            for parts in zip(*(call.columns for call in calls), strict=True)
        ]
        start = time.perf_counter()
        rows = getattr(self._model, calls[0].method)(*columns)
        self._metrics.embedding_seconds.observe(time.perf_counter() - start)
        self._metrics.embedding_batch.observe(sum(sizes))
        if len(rows) != sum(sizes):
            raise ValueError(
                f"`{calls[0].method}` must give one row per query. "
                f"Received: {len(rows)} for {sum(sizes)}"
            )
        ends = list(itertools.accumulate(sizes))
        return [rows[end - n : end] for end, n in zip(ends, sizes, strict=True)]
