"""One engine in a process of its own: built in one, searched in another.

The searching process stays on one core, so that CPU time, wall time and
queries a second all speak of one thread.
"""

import contextlib
import json
import math
import os
import sys
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks import gallery_data
from benchmarks import measuring
from benchmarks.gallery_engines import ENGINES

K = 10
ROUNDS = 3
# What takes longer is timed once.
LONG_SECONDS = 5.0
SINGLE_QUERIES = 500
ADDED = 1_000
LOTS = 5
ONE_THREAD = {
    name: "1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
}


class Steps:
    """What the parent asks for.

    Args:
        folder: str. Folder of the set.
        engine: str. One of `ENGINES`.
        one_core: bool. Keep this process on one core.
        **options: For the engine.
    """

    def __init__(self, folder, engine, one_core=False, **options):
        if one_core:
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        self.data = gallery_data.load(Path(folder))
        self.folder = Path(folder) / engine
        self.engine = ENGINES[engine](self.data, self.folder, **options)
        self.engine.load()

    def build(self):
        """Times, memory and disk of making the engine's files."""
        self.folder.mkdir()
        with watched_memory() as memory:
            timing = timed_once(self.engine.build)
        return {**timing, "memory": memory, "disk_mib": disk_mib(self.folder)}

    def open(self):
        """Times and memory of opening the files, libraries being loaded."""
        found = {}
        with watched_memory() as memory:
            timing = timed_once(lambda: found.update(self.engine.open()))
        return {**timing, "memory": memory, "described": found}

    def curve(self):
        """Recall and cost of a batch of all queries at each setting."""
        points, settings = [], self.engine.settings()
        # Pages, caches and threads of the first use are not timed.
        self.engine.search(self.data.queries, K, **settings[0])
        for setting in settings:
            points.append({"setting": setting, **self.measure(setting)})
            print(f"    {describe(points[-1])}", flush=True)
        return points

    def measure(self, setting):
        queries = self.data.queries
        found = []

        def run(_):
            found[:] = [self.engine.search(queries, K, **setting)]

        rounds = [measuring.timed(run, len(queries))]
        if rounds[0]["wall_seconds"] * len(queries) < LONG_SECONDS:
            rounds += [
                measuring.timed(run, len(queries)) for _ in range(ROUNDS - 1)
            ]
        each = gallery_data.recalls(
            self.data.vectors, queries, self.data.truth, found[0]
        )
        cpu = measuring.spread([1e3 * r["cpu_seconds"] for r in rounds])
        wall = measuring.spread([1e3 * r["wall_seconds"] for r in rounds])
        return {
            "recall": interval(each),
            "cpu_ms": cpu,
            "wall_ms": wall,
            "queries_a_second": 1e3 / wall["median"],
            "rounds": len(rounds),
        }

    def single(self, setting):
        """Latency of queries that come one at a time."""
        seconds = []
        for query in self.data.queries[:SINGLE_QUERIES]:
            start = time.perf_counter()
            self.engine.search(query[None], K, **setting)
            seconds.append(time.perf_counter() - start)
        return {"setting": setting, **latency(seconds)}

    def memory(self):
        """Memory after the searches."""
        return memory_now()

    def add(self):
        """Time of adding rows, lot by lot."""
        random = np.random.default_rng(5)
        shape = (ADDED, self.data.vectors.shape[1])
        before = disk_mib(self.folder)
        rounds = []
        for number in range(LOTS):
            chosen = np.sort(
                random.integers(len(self.data.vectors), size=ADDED)
            )
            noise = gallery_data.unit(random.standard_normal(shape))
            rows = gallery_data.unit(self.data.vectors[chosen] + 0.5 * noise)
            rounds.append(timed_once(self.engine.add, rows, number))
        return {**rates(rounds), "disk_mib": disk_mib(self.folder) - before}

    def remove(self):
        """Time of removing again what `add` added."""
        return rates(
            [
                timed_once(self.engine.remove, ADDED, number)
                for number in range(LOTS)
            ]
        )


def timed_once(run, *arguments):
    return measuring.timed(lambda _: run(*arguments), 1)


def rates(rounds):
    wall = measuring.spread([r["wall_seconds"] for r in rounds])
    return {
        "rows": ADDED,
        "lots": len(rounds),
        "wall_seconds": wall,
        "cpu_seconds": measuring.spread([r["cpu_seconds"] for r in rounds]),
        "rows_a_second": ADDED / wall["median"],
    }


@contextlib.contextmanager
def watched_memory():
    """Fills a dict with memory before, after and at its highest, in MiB.

    `resident` counts pages of mapped files, which the kernel drops when
    others need the memory; `anonymous` does not, and is sampled.
    """
    measuring.forget_memory_peak()
    found = {"before": memory_now()}
    done = threading.Event()
    highest = [0.0]

    def watch():
        while not done.wait(0.05):
            highest[0] = max(highest[0], measuring.memory_mib("RssAnon"))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()
        found["after"] = memory_now()
        found["peak_resident_mib"] = measuring.memory_mib("VmHWM")
        found["peak_anonymous_mib"] = max(
            highest[0], found["after"]["anonymous_mib"]
        )


def memory_now():
    return {
        "resident_mib": measuring.memory_mib("VmRSS"),
        "anonymous_mib": measuring.memory_mib("RssAnon"),
    }


def disk_mib(folder):
    return sum(
        path.stat().st_size for path in folder.rglob("*") if path.is_file()
    ) / (1 << 20)


def interval(values):
    """Mean and its 95 % interval over queries."""
    values = np.asarray(values, float)
    half = 1.96 * values.std(ddof=1) / math.sqrt(len(values))
    mean = values.mean()
    return {"value": mean, "low": mean - half, "high": min(1, mean + half)}


def latency(seconds):
    """Median, 99th percentile and longest, in milliseconds."""
    milliseconds = 1e3 * np.asarray(seconds)
    return {
        "p50_ms": float(np.percentile(milliseconds, 50)),
        "p99_ms": float(np.percentile(milliseconds, 99)),
        "max_ms": float(milliseconds.max()),
        "queries": len(milliseconds),
    }


def describe(point):
    setting = " ".join(f"{k}={v}" for k, v in point["setting"].items())
    return (
        f"{setting or 'all'}: recall {point['recall']['value']:.4f}, "
        f"{point['cpu_ms']['median']:.3f} ms CPU"
    )


if __name__ == "__main__":
    measuring.serve(Steps(**json.loads(sys.argv[1])))
