"""Both sides of `gallery_soak.py`: who writes without pause, who reads."""

import contextlib
import threading
import time
import traceback

import numpy as np

from benchmarks import gallery_data
from benchmarks.gallery_engines import Bring
from benchmarks.gallery_engines import metadata
from keras_cmr.retrieval import Gallery

THREADS = 2
UNTOUCHED = 200
BATCH = 100
K = 10
REFRESH_SECONDS = 1.0
WRITES = ("add", "update", "remove", "compact")


class Writer:
    """Changes rows for ever, the oldest first."""

    def __init__(self, folder, seconds, compact_seconds, dim):
        self.gallery = Gallery.open(folder, Bring())
        self.source = gallery_data.Synthetic(dim, seed=1)
        self.end = time.monotonic() + seconds
        self.compact_seconds = compact_seconds

    def run(self):
        """Writes until the time is over; how often, how long, what failed."""
        took = {name: Latencies() for name in WRITES}
        next_compact = time.monotonic() + self.compact_seconds
        oldest, newest, block = UNTOUCHED, len(self.gallery), 0
        while time.monotonic() < self.end:
            rows = self.source.block(1, block)
            block += 1
            for first in range(0, len(rows), BATCH):
                if time.monotonic() > self.end:
                    break
                part = rows[first : first + BATCH]
                new = range(newest, newest + len(part))
                old = range(oldest, oldest + len(part))
                values = [metadata(row, 0) for row in new]
                with timed(took["add"]):
                    self.gallery.add_embeddings(part, ids(new), values)
                with timed(took["update"]):
                    self.gallery.update(ids(new), metadata=values)
                with timed(took["remove"]):
                    self.gallery.remove(ids(old))
                oldest, newest = old.stop, new.stop
                if time.monotonic() > next_compact:
                    with timed(took["compact"]):
                        self.gallery.compact()
                    next_compact = time.monotonic() + self.compact_seconds
        return {name: found.summary() for name, found in took.items()}


class Readers:
    """Searches in threads until told to stop, and checks what comes."""

    def __init__(self, gallery, untouched):
        self.gallery, self.untouched = gallery, untouched
        self.stop = threading.Event()
        self.errors, self.refreshes = [], Latencies()
        self.took = {"plain": Latencies(), "filtered": Latencies()}
        self.threads = [
            threading.Thread(target=self._safely, args=(run, number))
            for number, run in enumerate(
                [self._search] * THREADS + [self._refresh]
            )
        ]

    def _safely(self, run, number):
        try:
            run(np.random.default_rng(number))
        except Exception:
            self.errors.append(traceback.format_exc())
            self.stop.set()

    def _search(self, random):
        while not self.stop.is_set():
            row = int(random.integers(len(self.untouched)))
            where = None
            if random.random() < 1 / 3:
                where = {"shade": {"$lte": metadata(row, 0)["shade"]}}
            start = time.perf_counter()
            hits = self.gallery.search_embeddings(
                self.untouched[row : row + 1], K, where=where
            )[0]
            took = time.perf_counter() - start
            self.took["filtered" if where else "plain"].append(took)
            problem = wrong(hits, row, where)
            if problem:
                self.errors.append(f"row {row}, where {where}: {problem}")

    def _refresh(self, random):
        while not self.stop.wait(REFRESH_SECONDS):
            with timed(self.refreshes):
                self.gallery.refresh()


def wrong(hits, row, where):
    """Why this is no answer to the vector of `row`, or `None`."""
    scores = [hit.score for hit in hits]
    if not hits or hits[0].id != str(row) or abs(scores[0] - 1) > 1e-5:
        return f"first came {hits[:1]}"
    if scores != sorted(scores, reverse=True):
        return "wrong order"
    if len({hit.id for hit in hits}) != len(hits):
        return "an id twice"
    if where is None:
        return None if len(hits) == K else f"{len(hits)} hits"
    bound = where["shade"]["$lte"]
    if any(hit.metadata["shade"] > bound for hit in hits):
        return "a hit that the filter forbids"
    return None


class Latencies:
    """Counts seconds by size, so that memory does not grow with them.

    Percentiles are those of classes that are 1 % wide.
    """

    def __init__(self):
        self.bounds = 1e-5 * 1.01 ** np.arange(1_700)  # 10 us to 200 s
        self.counts = np.zeros(len(self.bounds) + 1, np.int64)
        self.longest = 0.0
        self._lock = threading.Lock()

    def append(self, seconds):
        with self._lock:
            self.counts[np.searchsorted(self.bounds, seconds)] += 1
            self.longest = max(self.longest, seconds)

    def summary(self):
        """Median, 99th percentile and longest, in milliseconds."""
        total = int(self.counts.sum())
        if not total:
            return None
        reached = np.cumsum(self.counts) / total
        # What is beyond the last bound is known by the longest alone.
        bounds = np.append(self.bounds, np.inf)
        half, most = (
            min(bounds[np.searchsorted(reached, share)], self.longest)
            for share in (0.5, 0.99)
        )
        return {
            "count": total,
            "p50_ms": 1e3 * float(half),
            "p99_ms": 1e3 * float(most),
            "max_ms": 1e3 * self.longest,
        }


@contextlib.contextmanager
def timed(latencies):
    start = time.perf_counter()
    yield
    latencies.append(time.perf_counter() - start)


def ids(rows):
    return list(map(str, rows))
