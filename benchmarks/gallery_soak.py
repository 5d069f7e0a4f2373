"""A gallery under full load: readers in threads, a writer beside them.

python benchmarks/gallery_soak.py [--minutes 20]

A process of its own writes without pause: it adds, updates and removes, so
that the gallery keeps its size, and compacts every `COMPACT_SECONDS`. This
process reads in two threads without pause, single queries, a third of
them filtered, and takes in what the writer wrote every second. Some rows are
never touched: searched with their own vector they must come first, at any
time. Memory is sampled in both processes, that of mapped files not counted.
Writes `soak.json` and `soak.png` to `benchmarks/results/gallery`; exit status
1 if anything failed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from tqdm import tqdm

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # this checkout, installed or not

from benchmarks import gallery_data  # noqa: E402
from benchmarks import gallery_soak_sides as sides  # noqa: E402
from benchmarks import measuring  # noqa: E402
from benchmarks.gallery_engines import Bring  # noqa: E402
from benchmarks.gallery_engines import metadata  # noqa: E402
from keras_cmr.retrieval import Gallery  # noqa: E402

RESULTS = HERE / "results" / "gallery"
SAMPLE_SECONDS = 1.0
# Of the time; after it caches are filled and the first compaction is done.
WARM_UP = 0.3


def measure(minutes, rows, dim, compact_seconds, exact_below):
    """Runs both processes and samples their memory."""
    with tempfile.TemporaryDirectory() as folder:
        location = Path(folder) / "gallery"
        gallery = Gallery.create(location, Bring(), exact_below=exact_below)
        source = gallery_data.Synthetic(dim, seed=0)
        for first in range(0, rows, gallery_data.BLOCK):
            part = range(first, min(first + gallery_data.BLOCK, rows))
            gallery.add_embeddings(
                source.block(1, first // gallery_data.BLOCK)[: len(part)],
                sides.ids(part),
                [metadata(row, 0) for row in part],
            )
        gallery.compact()
        readers = sides.Readers(
            Gallery.open(location, Bring()),
            source.block(1, 0)[: sides.UNTOUCHED],
        )
        del gallery
        task = [str(location), 60 * minutes, compact_seconds, dim]
        writer = subprocess.Popen(
            [sys.executable, __file__, "--write", json.dumps(task)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for thread in readers.threads:
            thread.start()
        samples = sample(60 * minutes, writer, readers)
        readers.stop.set()
        for thread in readers.threads:
            thread.join()
        output, logged = writer.communicate()
        if writer.returncode:
            readers.errors.append(f"The writer failed: {logged[-2000:]}")
        readers.gallery.refresh()
        return {
            "errors": len(readers.errors),
            "first_errors": readers.errors[:20],
            "reads": {
                name: found.summary() for name, found in readers.took.items()
            },
            "refreshes": readers.refreshes.summary(),
            "writes": None if writer.returncode else json.loads(output),
            "rows_at_the_end": len(readers.gallery),
            "verified": readers.gallery.verify(),
            "memory": {
                name: growth(samples["seconds"], samples[name])
                for name in ("reader_mib", "writer_mib")
            },
            "samples": samples,
        }


def sample(seconds, writer, readers):
    """Anonymous memory of both processes while they run."""
    found = {"seconds": [], "reader_mib": [], "writer_mib": []}
    start = time.monotonic()
    with tqdm(total=round(seconds), unit="s") as bar:
        while writer.poll() is None and not readers.stop.is_set():
            time.sleep(SAMPLE_SECONDS)
            passed = time.monotonic() - start
            try:
                other = measuring.memory_mib("RssAnon", writer.pid)
            except (ValueError, OSError):
                break  # it has just ended
            found["seconds"].append(passed)
            found["reader_mib"].append(measuring.memory_mib("RssAnon"))
            found["writer_mib"].append(other)
            bar.update(min(round(passed), bar.total) - bar.n)
    if writer.poll() is None and readers.stop.is_set():
        writer.terminate()
    return found


def growth(seconds, mib):
    """How memory went after the warm-up.

    A compaction takes memory for a while, so medians of the first and the
    last third are compared, beside the slope of a straight line.
    """
    seconds, mib = np.array(seconds), np.array(mib)
    kept = seconds > WARM_UP * seconds.max(initial=0)
    seconds, mib = seconds[kept], mib[kept]
    if len(mib) < 6:
        return None
    third = len(mib) // 3
    first, last = np.median(mib[:third]), np.median(mib[-third:])
    return {
        "first_third_mib": float(first),
        "last_third_mib": float(last),
        "growth": float(last / first - 1),
        "slope_mib_an_hour": float(np.polyfit(seconds / 3600, mib, 1)[0]),
        "lowest_mib": float(mib.min()),
        "highest_mib": float(mib.max()),
    }


def draw(record, path):
    """Memory of both processes over time."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(6, 3))
    minutes = np.array(record["samples"]["seconds"]) / 60
    for name in ("reader", "writer"):
        axis.plot(minutes, record["samples"][f"{name}_mib"], label=name)
    axis.set(xlabel="minutes", ylabel="MiB, mapped files not counted")
    axis.set_ylim(bottom=0)
    axis.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def main(arguments=None):
    parser = measuring.parser(__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--compact-seconds", type=float, default=180)
    parser.add_argument("--exact-below", type=int, default=20_000)
    parser.add_argument("--out", type=Path, help="folder of the results")
    parser.add_argument("--write", type=json.loads, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.write:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Exact search is used")
            print(json.dumps(sides.Writer(*chosen.write).run()))
        return 0
    config = {
        name: getattr(chosen, name)
        for name in ("minutes", "rows", "dim", "compact_seconds", "exact_below")
    }
    before = measuring.hardware()
    record = {
        "config": {
            **config,
            "threads": sides.THREADS,
            "batch": sides.BATCH,
            "k": sides.K,
        },
        **measure(**config),
    }
    folder = chosen.out or RESULTS
    measuring.write_record(folder / "soak.json", record, before)
    draw(record, folder / "soak.png")
    report(record)
    return 1 if record["errors"] else 0


def report(record):
    plain = record["reads"]["plain"]
    print(
        f"{plain['count']:,} searches, p50 {plain['p50_ms']:.1f} ms, p99 "
        f"{plain['p99_ms']:.1f} ms; {record['errors']} errors"
    )
    for name, found in record["memory"].items():
        if found:
            print(
                f"{name}: {found['first_third_mib']:.0f} MiB, then "
                f"{found['last_third_mib']:.0f} MiB ({found['growth']:+.1%})"
            )
    for error in record["first_errors"]:
        print(error)


if __name__ == "__main__":
    sys.exit(main())
