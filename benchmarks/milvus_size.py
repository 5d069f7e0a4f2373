"""What a gallery on Milvus costs a row: the figures of docs/guides/milvus.md.

    KERAS_CMR_MILVUS_PYTHON=milvus-server/bin/python \\
        python benchmarks/milvus_size.py

Starts a server (see the guide), adds rows of 512 numbers with an id of 18
characters, a path of 31 and four keys of metadata, and measures the client's
CPU time and the rows a second, and, once the server has written them out, the
bytes in its store of rows. Writes `benchmarks/results/milvus/size.json`.
`--smoke --out FOLDER` runs toy sizes.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # this checkout, installed or not

from benchmarks import measuring  # noqa: E402
from keras_cmr.retrieval import Gallery  # noqa: E402
from tests.retrieval.milvus.server import VARIABLE  # noqa: E402
from tests.retrieval.milvus.server import MilvusServer  # noqa: E402

RESULTS = HERE / "results" / "milvus"
SIZE = {"rows": 32_000, "dim": 512, "batch": 4_000}
TOY = {"rows": 400, "dim": 32, "batch": 200}
# Milvus puts rows away some seconds after it was told to.
_SECONDS_SETTLED = 20


class Model:
    """Stands in for the model: the rows are made without one."""

    fingerprint = "milvus-size"
    embed_targets = embed_queries = None


def measure(rows, dim, batch):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        server = MilvusServer(folder, os.environ[VARIABLE])
        start = time.perf_counter()
        server.start()
        found = {
            "start_seconds": time.perf_counter() - start,
            "binary_mib": size(folder / "bin"),
            "empty_memory_mib": measuring.memory_mib("VmRSS", server.pid),
        }
        try:
            gallery = Gallery.create(server.location("size"), Model())
            timings = [
                measuring.timed(lambda _, i=i: add(gallery, i, batch, dim), 1)
                for i in range(0, rows, batch)
            ]
            gallery.compact()  # writes out what is in memory
            log = folder / "data" / "insert_log"
            store = {"with_replaced": settled(log), "rows": live(gallery, log)}
            found["memory_mib"] = measuring.memory_mib("VmRSS", server.pid)
        finally:
            server.kill()
    cpu, wall = (
        sum(timing[f"{kind}_seconds"] for timing in timings)
        for kind in ("cpu", "wall")
    )
    return {
        **found,
        # What compaction has replaced stays for hours.
        "stored_bytes_a_row": {
            name: mib * 2**20 / rows for name, mib in store.items()
        },
        "client_cpu_ms_a_row": 1000 * cpu / rows,
        "rows_a_second": rows / wall,
        "rounds": timings,
    }


def add(gallery, first, count, dim):
    rng = np.random.default_rng(first)
    numbers = range(first, first + count)
    gallery.add_embeddings(
        rng.standard_normal((count, dim), np.float32),
        [f"shop-article-{number:05d}" for number in numbers],
        [
            {
                "brand": f"brand {number % 300}",
                "price": number % 1000 / 10,
                "colour": ["red", "blue", "green"][number % 3],
                "sale": number % 5 == 0,
            }
            for number in numbers
        ],
        [f"/photos/shop/articles/{number:05d}.jpg" for number in numbers],
    )


def size(folder):
    """MiB of all files below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files) / 2**20


def live(gallery, log):
    """MiB of the segments that searches read."""
    backend = gallery._backend
    loaded = backend._connection("list_loaded_segments", backend._reader.name)
    numbers = {segment.segment_id for segment in loaded}
    folders = [path for path in log.rglob("*") if path.name.isdecimal()]
    return sum(size(path) for path in folders if int(path.name) in numbers)


def settled(folder):
    """As `size`, once it has stopped to change."""
    last, since = None, time.monotonic()
    while time.monotonic() - since < _SECONDS_SETTLED:
        now = size(folder)
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(1)
    return last


def main(arguments=None):
    chosen = measuring.chosen(measuring.parser(__doc__), arguments)
    if VARIABLE not in os.environ:
        sys.exit(f"Set {VARIABLE}: see docs/guides/milvus.md")
    config = TOY if chosen.smoke else SIZE
    before = measuring.hardware()
    record = {"config": config, **measure(**config)}
    measuring.write_record(
        (chosen.out or RESULTS) / "size.json", record, before
    )
    for name, value in record.items():
        if name != "rounds":
            print(f"{name}: {value}")


if __name__ == "__main__":
    main()
