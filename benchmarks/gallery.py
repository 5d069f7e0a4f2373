"""Galleries beside other engines: recall, cost, memory, disk, latency.

python benchmarks/gallery.py run       every engine on every set, see below
python benchmarks/gallery.py filters   `where=` on the galleries of `run`
python benchmarks/gallery.py table     tables and figure of the JSON files

`run` takes `--sets` and `--engines`, separated by commas. Sets: `10k`, `100k`,
`200k`, `1m` (synthetic, 512 numbers a row, see `gallery_data.py`), `minilm`,
`glove`, `photos` (real, see `gallery_real.py`; photos want `--photos FOLDER`).
Engines: see `gallery_engines.py`; FAISS comes by `pip install faiss-cpu`.

Each engine is built in one process with all cores and searched in another on
one core; nothing else should run. A set and engine whose JSON lies in
`benchmarks/results/gallery` is not repeated. Vectors and engines stay in
`--work`, about 10 GB for everything: `filters` needs them. Without
`--engines`, FAISS's HNSW is left out at 1M, where its build alone would take
over 20 minutes.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # this checkout, installed or not

from benchmarks import gallery_data  # noqa: E402
from benchmarks import gallery_filters  # noqa: E402
from benchmarks import gallery_real  # noqa: E402
from benchmarks import gallery_table  # noqa: E402
from benchmarks import measuring  # noqa: E402
from benchmarks.gallery_engines import ENGINES  # noqa: E402
from benchmarks.gallery_worker import ONE_THREAD  # noqa: E402

RESULTS = HERE / "results" / "gallery"
WORK = Path(tempfile.gettempdir()) / "keras_cmr_gallery"
PHOTOS = HERE.parents[1] / "shared" / "data" / "fashion_products"
DIM = 512
SYNTHETIC = {"10k": 10_000, "100k": 100_000, "200k": 200_000, "1m": 10**6}
REAL = ("minilm", "glove", "photos")
# Toy sets have the same names.
TOY = {"rows": 1_500, "dim": 32, "queries": 100}
TOY_OPTIONS = {"exact_below": 1_000}
DEFAULT = {
    "10k": ("ours",),
    "100k": ("ours",),
    "200k": ("ours", "faiss_ivf", "faiss_hnsw", "exact"),
    "1m": ("ours", "faiss_ivf", "exact"),
    **{name: ("ours", "faiss_ivf", "faiss_hnsw", "exact") for name in REAL},
}
LEFT_OUT = "at 1M its build would take over 20 minutes of two cores"
FILTERED = ("200k", "1m", "minilm")
# What a setting must reach to be timed query by query.
LEAST_RECALL = 0.95


def prepare(name, work, photos, smoke):
    """The folder of a set, which is made first where it is not there."""
    folder = work / name
    if (folder / "truth.npy").exists():
        return folder
    print(f"{name}: making the vectors", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    if name in SYNTHETIC:
        if smoke:
            gallery_data.write_synthetic(folder, **TOY)
        else:
            gallery_data.write_synthetic(folder, SYNTHETIC[name], DIM)
    else:
        limit = 64 if smoke else None
        gallery_real.write(name, folder, photos, limit)
    return folder


def build(folder, engine, options):
    """Figures of the build."""
    shutil.rmtree(folder / engine, ignore_errors=True)
    with worker(folder, engine, options) as building:
        return building.ask("build")


def worker(folder, engine, options, one_core=False):
    task = {"folder": str(folder), "engine": engine, "one_core": one_core}
    return measuring.Worker(
        "benchmarks.gallery_worker",
        {**task, **options},
        ONE_THREAD if one_core else None,
    )


def measure(folder, engine, options):
    """Everything about one engine on one set."""
    found = {"build": build(folder, engine, options)}
    print(f"  built in {found['build']['wall_seconds']:.1f} s", flush=True)
    with worker(folder, engine, options, one_core=True) as searching:
        found["open"] = searching.ask("open")
        found["curve"] = searching.ask("curve")

        def single():
            return [
                searching.ask("single", setting=setting)
                for setting in timed_settings(found["curve"])
            ]

        found["single"] = single()
        found["searched_memory"] = searching.ask("memory")
        if engine != "exact":
            found["add"] = searching.ask("add")
            found["single_after_add"] = single()
        if engine.startswith("ours"):
            found["remove"] = searching.ask("remove")
    return found


def timed_settings(curve):
    """The first setting (a gallery's own), and the cheapest good one."""
    good = [
        point
        for point in curve
        if point["recall"]["value"] >= LEAST_RECALL
        and point["setting"].get("through") != "index"
    ]
    best = min(good, key=lambda p: p["cpu_ms"]["median"], default=curve[-1])
    first = [curve[0]["setting"]] if "through" in curve[0]["setting"] else []
    return [
        *first,
        *([best["setting"]] if best["setting"] not in first else []),
    ]


def run(chosen):
    for name in chosen.sets:
        for engine in chosen.engines or DEFAULT[name]:
            path = chosen.out / f"{name}_{engine}.json"
            if path.exists():
                print(f"{path} is there", flush=True)
                continue
            before = measuring.hardware()
            folder = prepare(name, chosen.work, chosen.photos, chosen.smoke)
            print(f"{name}, {engine}", flush=True)
            found = measure(folder, engine, chosen.options)
            config = configuration(name, engine, folder)
            measuring.write_record(path, {"config": config, **found}, before)


def configuration(name, engine, folder):
    data = gallery_data.load(folder)
    left_out = {"faiss_hnsw": LEFT_OUT} if name == "1m" else {}
    return {
        "set": name,
        "engine": engine,
        "rows": len(data.vectors),
        "dim": data.vectors.shape[1],
        "queries": len(data.queries),
        "tuning_queries": len(data.tuning),
        "seed": 0,
        "left_out_by_default": left_out,
        "data": (gallery_data if name in SYNTHETIC else gallery_real).__doc__,
    }


def filters(chosen):
    for name in chosen.sets:
        path = chosen.out / f"{name}_filters.json"
        if path.exists():
            print(f"{path} is there", flush=True)
            continue
        before = measuring.hardware()
        folder = prepare(name, chosen.work, chosen.photos, chosen.smoke)
        if not (folder / "ours").exists():
            build(folder, "ours", chosen.options)
        print(f"{name}, filters", flush=True)
        config = configuration(name, "ours", folder)
        found = gallery_filters.measure(folder)
        measuring.write_record(path, {"config": config, **found}, before)


def main(arguments=None):
    parser = measuring.parser(__doc__)
    parser.add_argument("what", choices=("run", "filters", "table"))
    parser.add_argument("--sets", type=names({*SYNTHETIC, *REAL}))
    parser.add_argument("--engines", type=names(ENGINES))
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    parser.add_argument("--work", type=Path, default=WORK)
    chosen = measuring.chosen(parser, arguments)
    if chosen.smoke and chosen.work == WORK:
        parser.error("--smoke needs --work: toy sets are no sets")
    chosen.out = chosen.out or RESULTS
    chosen.options = TOY_OPTIONS if chosen.smoke else {}
    if chosen.what == "table":
        gallery_table.write(chosen.out, into_docs=not chosen.smoke)
        return
    everything = DEFAULT if chosen.what == "run" else FILTERED
    chosen.sets = chosen.sets or list(everything)
    {"run": run, "filters": filters}[chosen.what](chosen)


def names(known):
    """A parser of names separated by commas."""

    def parse(text):
        found = text.split(",")
        for name in found:
            if name not in known:
                raise argparse.ArgumentTypeError(
                    f"must be of {', '.join(sorted(known))}. Received: {name}"
                )
        return found

    return parse


if __name__ == "__main__":
    main()
