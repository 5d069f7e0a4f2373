"""What `keras-cmr serve` answers a second, and how long clients wait.

python benchmarks/serving.py

Starts the command, as a process, on a gallery of 100,000 embeddings drawn as
`gallery_data.py` does and an untrained retriever (small ResNet at 64 px, TIRG,
512 numbers), and asks from 1, 8 and 32 connections that are kept: searches by
id and text, searches with a photo of 640 x 480 and text, and pictures of the
gallery. Beside it, in
this process, the same searches by `Gallery.search` one after the other. CPU
time is the server's; clients run on the same cores. Writes
`benchmarks/results/serving/local.json`. `--smoke --out FOLDER` runs toy sizes.
"""

import contextlib
import http.client
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# As the command does: README, "Speed".
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # this checkout, installed or not

from benchmarks import gallery_data  # noqa: E402
from benchmarks import measuring  # noqa: E402

RESULTS = HERE / "results" / "serving"
SIZE = {"rows": 100_000, "dim": 512, "seconds": 10.0, "clients": [1, 8, 32]}
TOY = {"rows": 300, "dim": 16, "seconds": 0.5, "clients": [1, 8]}
PHOTOS = 64
UNLIMITED = {
    "--searches-per-minute": 0,
    "--images-per-minute": 0,
    "--max-waiting": 1000,
    "--time-limit": 60,
}


def make(folder, rows, dim):
    """A saved retriever, a gallery of it, and the photos' bytes."""
    from keras_cmr import layers
    from keras_cmr import models
    from keras_cmr.retrieval import Gallery

    model = models.ComposedRetriever(
        models.ImageEncoder(
            models.small_resnet(), image_size=64, embedding_dim=dim
        ),
        models.LSTMTextEncoder(["in", "red"], embedding_dim=dim),
        fusion=layers.TIRG(),
    )
    model.save(folder / "model.keras")
    random = np.random.default_rng(0)
    photos = []
    for number in range(PHOTOS):
        coarse = random.integers(0, 256, (15, 20, 3), np.uint8)
        photo = Image.fromarray(coarse).resize((640, 480), Image.BICUBIC)
        photo.save(folder / f"{number}.jpg", quality=90)
        photos.append((folder / f"{number}.jpg").read_bytes())
    gallery = Gallery.create(folder / "gallery", model)
    source = gallery_data.Synthetic(dim, seed=0)
    blocks = range(-(-rows // gallery_data.BLOCK))
    vectors = np.concatenate([source.block(1, block) for block in blocks])[
        :rows
    ]
    ids = [str(number) for number in range(rows)]
    # A path of its own for each: what shares the reference's is left out.
    paths = [folder / "gallery_photos" / f"{id}.jpg" for id in ids]
    paths[0].parent.mkdir()
    for number, path in enumerate(paths):
        path.hardlink_to(folder / f"{number % PHOTOS}.jpg")
    gallery.add_embeddings(vectors, ids, paths=paths)
    gallery.compact()
    return gallery, photos


@contextlib.contextmanager
def serving(folder):
    """Process id and port of a server that is ready."""
    options = [str(word) for pair in UNLIMITED.items() for word in pair]
    command = [sys.executable, "-m", "keras_cmr.cli", "serve", "--port", "0"]
    files = [folder / "gallery", "--model", folder / "model.keras"]
    process = subprocess.Popen(
        [*command, *map(str, files), *options],
        cwd=HERE.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        port = int(re.search(r":(\d+)", process.stdout.readline())[1])
        while not ready(port):
            time.sleep(0.2)
        yield process.pid, port
    finally:
        process.terminate()
        process.communicate()


def ready(port):
    with contextlib.closing(connect(port)) as connection:
        try:
            return request("GET", "/healthz")(connection) == 200
        except ConnectionRefusedError:
            return False


def connect(port):
    return http.client.HTTPConnection("127.0.0.1", port, timeout=120)


def request(method, path, body=None, headers=None):
    """A function from a connection to the status of this request."""

    def send(connection):
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    return send


def by_id(number):
    body = {"reference_id": str(number), "text": "in red"}
    kind = {"Content-Type": "application/json"}
    return request("POST", "/search", json.dumps(body), kind)


def by_photo(photo):
    head = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n'
    body = io.BytesIO()
    for name, more, content in (
        ("text", "", b"in red"),
        ("image", '; filename="a.jpg"', photo),
    ):
        body.write(b"--cut\r\n" + head.format(name, more).encode() + content)
        body.write(b"\r\n")
    body.write(b"--cut--\r\n")
    kind = {"Content-Type": "multipart/form-data; boundary=cut"}
    return request("POST", "/search", body.getvalue(), kind)


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(pid, port, asked, clients, seconds):
    """Latencies and throughput of so many clients over so many seconds."""
    end = time.perf_counter() + seconds

    def client(number):
        waits, turn = [], number
        with contextlib.closing(connect(port)) as connection:
            while (start := time.perf_counter()) < end:
                status = asked[turn % len(asked)](connection)
                if status != 200:
                    raise RuntimeError(f"HTTP {status}")
                waits.append(time.perf_counter() - start)
                turn += clients
        return waits

    cpu, start = cpu_seconds(pid), time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        waits = np.concatenate(list(pool.map(client, range(clients))))
    wall = time.perf_counter() - start
    return {
        "clients": clients,
        "requests": len(waits),
        "requests_per_second": len(waits) / wall,
        "p50_ms": 1000 * float(np.quantile(waits, 0.5)),
        "p99_ms": 1000 * float(np.quantile(waits, 0.99)),
        "server_cpu_ms": 1000 * (cpu_seconds(pid) - cpu) / len(waits),
    }


def library(gallery, seconds):
    """The same searches, one after the other, without a server."""
    waits, number = [], 0
    cpu, start = time.process_time(), time.perf_counter()
    while (before := time.perf_counter()) < start + seconds:
        gallery.search(
            reference_id=str(number % len(gallery)), modification="in red"
        )
        waits.append(time.perf_counter() - before)
        number += 1
    return {
        "requests": number,
        "requests_per_second": number / (time.perf_counter() - start),
        "p50_ms": 1000 * float(np.quantile(waits, 0.5)),
        "p99_ms": 1000 * float(np.quantile(waits, 0.99)),
        "cpu_ms": 1000 * (time.process_time() - cpu) / number,
    }


def measure(rows, dim, seconds, clients):
    with tempfile.TemporaryDirectory() as folder:
        gallery, photos = make(Path(folder), rows, dim)
        library(gallery, 0.1)  # compiles
        found = {"library": library(gallery, seconds)}
        engine = gallery.stats()["engine"]
        kinds = {
            "by id and text": [by_id(n) for n in range(min(rows, 1000))],
            "by photo and text": [by_photo(photo) for photo in photos],
            "pictures": [
                request("GET", f"/images?id={n}&side=256")
                for n in range(PHOTOS)
            ],
        }
        with serving(Path(folder)) as (pid, port):
            for kind, asked in kinds.items():
                found[kind] = []
                for count in clients:
                    row = load(pid, port, asked, count, seconds)
                    found[kind].append(row)
                    print(f"{kind}: {row}", flush=True)
            found["server_memory_mib"] = measuring.memory_mib("VmHWM", pid)
    return {"engine": engine, **found}


def main(arguments=None):
    parser = measuring.parser(__doc__)
    chosen = measuring.chosen(parser, arguments)
    config = TOY if chosen.smoke else SIZE
    before = measuring.hardware()
    record = {"config": config, **measure(**config)}
    path = (chosen.out or RESULTS) / "local.json"
    measuring.write_record(path, record, before)
    print(f"library: {record['library']}")


if __name__ == "__main__":
    main()
