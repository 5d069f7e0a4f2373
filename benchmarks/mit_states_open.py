"""MIT-States opened at its true size: 53,753 images, 82,830 test queries.

python -m benchmarks.mit_states_open {images.txt}

The list names every image, a line each: "ancient_castle/x.jpg ancient castle".
The tree is made of hard links to one tiny picture: opening reads names, not
pixels. Each round opens it twice in a fresh process; before every other
round the kernel's cache of files and folders is dropped, where that is
allowed.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from benchmarks.measuring import Worker
from benchmarks.measuring import hardware
from benchmarks.measuring import serve
from benchmarks.measuring import spread
from benchmarks.measuring import write_record

RESULT = Path(__file__).parent / "results" / "mit_states" / "open.json"
ROUNDS = 5
DROP_CACHES = Path("/proc/sys/vm/drop_caches")


class Opener:
    """What a worker does."""

    def __init__(self, folder):
        self.folder = folder

    def imports(self):
        start = time.perf_counter()
        import keras_cmr.datasets  # noqa: F401

        return time.perf_counter() - start

    def open(self):
        from keras_cmr.datasets import load

        wall, cpu = time.perf_counter(), time.process_time()
        self.benchmark = load("mit_states", self.folder, verbose=0)
        return {
            "wall_seconds": time.perf_counter() - wall,
            "cpu_seconds": time.process_time() - cpu,
        }

    def counts(self):
        train, test = self.benchmark.train, self.benchmark.test
        names = {
            name: set(train.images.attributes[name])
            | set(test.images.attributes[name])
            for name in ("adjective", "noun")
        }
        return {
            "adjectives": len(names["adjective"]),
            "nouns": len(names["noun"]),
            "pairs": len({*train.images.captions, *test.images.captions}),
            "train_images": len(train.images),
            "test_images": len(test.images),
            "test_queries": len(test.queries),
            "train_queries_an_epoch": len(train.queries),
        }


def make_tree(folder, images):
    """A tree of the release's names; the number of its images."""
    picture = Path(folder, "one.jpg")
    Image.new("RGB", (8, 8)).save(picture)
    paths = [line.split()[0] for line in Path(images).read_text().splitlines()]
    for path in paths:
        pair, name = path.split("/")
        inside = Path(folder, "images", pair.replace("_", " "))
        inside.mkdir(parents=True, exist_ok=True)
        os.link(picture, inside / name)
    return len(paths)


def drop_caches():
    """True if the kernel has forgotten what it read."""
    try:
        os.sync()
        DROP_CACHES.write_text("3")
    except OSError:
        return False
    return True


def measure(folder):
    timings = {}
    for number in range(2 * ROUNDS):
        cold = number % 2 == 0 and drop_caches()
        cache = "cold" if cold else "warm"
        with Worker("benchmarks.mit_states_open", str(folder)) as worker:
            imports = worker.ask("imports")
            first, second = worker.ask("open"), worker.ask("open")
            counts = worker.ask("counts")
        print(
            f"{cache}: first {first['wall_seconds']:.2f} s, "
            f"second {second['wall_seconds']:.2f} s",
            flush=True,
        )
        for name, timing in (
            (f"{cache}_import", {"wall_seconds": imports}),
            (f"{cache}_first", first),
            (f"{cache}_second", second),
        ):
            for kind, seconds in timing.items():
                timings.setdefault(name, {}).setdefault(kind, []).append(
                    seconds
                )
    return counts, {
        name: {kind: spread(values) for kind, values in kinds.items()}
        for name, kinds in timings.items()
    }


def main(images):
    before = hardware()
    with tempfile.TemporaryDirectory() as folder:
        total = make_tree(folder, images)
        counts, timings = measure(folder)
    record = {"images": total, "counts": counts, "seconds": timings}
    print(json.dumps(record, indent=1))
    write_record(RESULT, record, before)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    if sys.argv[1].startswith('"'):
        serve(Opener(json.loads(sys.argv[1])))
    else:
        main(sys.argv[1])
