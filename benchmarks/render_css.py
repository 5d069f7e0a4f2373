"""Rendering CSS in 3D: how fast, and what it looks like.

python benchmarks/render_css.py          images/s, in benchmarks/results/render
python benchmarks/render_css.py sheet    docs/images/css_3d.png

Each size is timed in one process, in one process a core (with their start)
and in one thread a core, in turn, several rounds over.
"""

import concurrent.futures
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # this checkout, installed or not

from benchmarks import measuring  # noqa: E402
from keras_cmr.datasets.css import generate  # noqa: E402
from keras_cmr.datasets.css.render_pool import cores  # noqa: E402
from keras_cmr.datasets.css.render_pool import render_tasks  # noqa: E402
from keras_cmr.datasets.css.render_worker import render_images  # noqa: E402
from keras_cmr.visualization import contact_sheet  # noqa: E402

IMAGES = {64: 3072, 128: 768, 224: 256}
PIECE = 64
ROUNDS = 3


def tasks(image_size, count):
    """`count` scenes of the train split, in pieces."""
    css = generate(
        scenes=count,
        modifications=1,
        renders=1,
        image_size=image_size,
        verbose=0,
    )
    table = css.train.images.metadata.table
    made = []
    for first in range(0, count, PIECE):
        rows = np.searchsorted(table[:, 0], [first, first + PIECE])
        made.append((table[slice(*rows)], first, PIECE, image_size, (0, 0, 3)))
    return made


def in_threads(work):
    with concurrent.futures.ThreadPoolExecutor(cores()) as threads:
        list(threads.map(lambda task: render_images(*task), work))


def measure(image_size):
    """Times one size; `steps` of a timing are images."""
    count = IMAGES[image_size]
    work = tasks(image_size, count)
    before = measuring.hardware()

    def one(steps):
        return measuring.timed(lambda _: list(render_tasks(work, 1)), steps)

    def processes(steps):
        # Their CPU time is that of other processes: only the wall counts.
        return measuring.timed(
            lambda _: list(render_tasks(work, cores())), steps
        )

    def threads(steps):
        return measuring.timed(lambda _: in_threads(work), steps)

    sides = {"one": one, "processes": processes, "threads": threads}
    rounds = measuring.alternate(sides, ROUNDS, count)
    found = measuring.summary(rounds)
    wall = {s: found[s]["wall_seconds"]["median"] for s in sides}
    record = {
        "image_size": image_size,
        "images": count,
        "seconds_an_image": found,
        "images_a_second": {side: 1 / x for side, x in wall.items()},
        "over_one": {
            side: measuring.ratios(rounds, side, "one")["wall_seconds"]
            for side in ("processes", "threads")
        },
    }
    path = HERE / "results" / "render" / f"{image_size}.json"
    measuring.write_record(path, record, before)
    print(
        f"{image_size} px: {1000 * wall['one']:.1f} ms an image in one "
        f"process; images/s: "
        + ", ".join(f"{s} {1 / x:.0f}" for s, x in wall.items())
    )


def sheet():
    """Three queries at 224 pixels: both references, the target, and small."""
    settings = {"scenes": 40, "renders": 1, "seed": 2, "verbose": 0}
    large, small = (
        generate(**settings, image_size=size, view="2d-to-3d").train
        for size in (224, 64)
    )
    queries = large.queries
    pictures, captions = [], []
    for row, kind in enumerate(("add", "make colour", "make shape")):
        # The first of its kind from a scene that no other row shows.
        query = queries.kinds.tolist().index(kind, 30 * row)
        reference, target = (
            int(queries.references[query]),
            queries.targets[query][0],
        )
        pictures += [
            large.reference_pixels[reference],
            large.images.pixels[reference],
            large.images.pixels[target],
            small.images.pixels[target],
        ]
        text = str(queries.modifications[query])
        captions += ["reference, 2d", "reference, 3d", text, f"{text} (64 px)"]
    path = HERE.parent / "docs" / "images" / "css_3d.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = contact_sheet(pictures, captions, columns=4, side=224)
    drawn.save(path, optimize=True)
    print(f"Look at {path}: {path.stat().st_size // 1000} KB")


if __name__ == "__main__":
    if sys.argv[1:] == ["sheet"]:
        sheet()
    elif not sys.argv[1:]:
        for side in IMAGES:
            measure(side)
    else:
        raise SystemExit(__doc__)
