"""Results on real photos: configs/fashion_products_*.yaml, several seeds.

python benchmarks/fashion_products.py rows DATA [--seeds 0,1,2] [--only tirg]
python benchmarks/fashion_products.py fusions DATA [--seeds 0]
python benchmarks/fashion_products.py table

`rows` trains every config with every seed, the first seed of all before the
second of any; a run whose file lies in `benchmarks/results/fashion_products`
is not repeated. `fusions` trains TIRG's config with other fusion layers and
keeps its table under `fusions/` there. `table` makes the README's tables,
and the learning curves, of the files that are there.
DATA is a folder in Fashion200k's layout. Features of frozen backbones are kept
in `KERAS_CMR_CACHE`, so that most runs take a minute or two.
"""

import dataclasses
import os
import shutil
import sys
import time
from pathlib import Path

# Before TensorFlow is imported; README, "Speed".
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import keras  # noqa: E402

from benchmarks import fashion_products_curves  # noqa: E402
from benchmarks import fashion_products_table  # noqa: E402
from benchmarks import measuring  # noqa: E402
from benchmarks.saved_sweep import seed_by_seed  # noqa: E402
from keras_cmr import experiment  # noqa: E402
from keras_cmr.config import Config  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "fashion_products"
# TIRG first: differences are to it. `TIRGLastConv` and `Relationship` were not
# run: both work on the whole map, of 1,280 channels, and time was short.
FUSIONS = (
    "TIRG",
    "MRN",
    "Combiner",
    "Concatenation",
    "FiLM",
    "ImageOnly",
    "ParameterHashing",
    "Residual",
    "ShowAndTell",
    "Sum",
    "TextOnly",
    "ComposeAE",
    "Attention",
)


def run_rows(data, seeds, names, results=RESULTS, smoke=False):
    """Trains what has no file yet.

    Args:
        data: Path of the photos.
        seeds: List of int.
        names: List of str, keys of `fashion_products_table.ROWS`.
        results: Path of the folder of the files.
        smoke: bool. Whether to take the configs' small sizes.
    """
    benchmark = {}
    for seed in seeds:
        for name in names:
            path = results / f"{name}_{seed}.json"
            if path.exists():
                continue
            file = f"configs/fashion_products_{name}.yaml"
            config = Config.from_yaml(
                ROOT / file, smoke, {"data_dir": str(data), "seed": seed}
            )
            size = config.image_size
            if size not in benchmark:
                benchmark = {size: experiment.load_benchmark(config)}
            command = f"keras-cmr train {file} --set data_dir=DATA"
            command += f" --set seed={seed}"
            print(f"== {name}, seed {seed}", flush=True)
            if config.start_from is not None:
                config = from_frozen(config, benchmark[size])
                command += f" --set start_from={config.start_from}"
            run_row(config, benchmark[size], command, path)
            # What Keras keeps of a model would grow from run to run.
            keras.backend.clear_session()


def from_frozen(config, benchmark):
    """The config with the frozen run of its seed, trained if need be."""
    frozen = Config.from_yaml(
        ROOT / "configs" / "fashion_products_tirg_mi.yaml",
        overrides={"data_dir": config.data_dir, "seed": config.seed},
    )
    # From the checkout's top: the file names the run by it.
    folder = Path("runs") / "fashion_products" / f"tirg_mi_{config.seed}"
    experiment.train(frozen, ROOT / folder, benchmark, verbose=2)
    return dataclasses.replace(config, start_from=str(folder))


def run_row(config, benchmark, command, path):
    """One training run; its report, with what explains it, goes to `path`."""
    out = ROOT / "runs" / "fashion_products" / path.stem
    # What a stopped run left.
    shutil.rmtree(out, ignore_errors=True)
    before = measuring.hardware()
    wall, cpu = time.perf_counter(), time.process_time()
    run = experiment.train(config, out, benchmark, command=command, verbose=2)
    context = {
        **run.report.context,
        "config": {**dataclasses.asdict(config), "data_dir": "DATA"},
        "seed": config.seed,
        "train_fingerprint": benchmark.train.fingerprint,
        "wall_seconds": round(time.perf_counter() - wall, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "hardware": before,
        "versions": measuring.versions(),
        "learning_curve": {
            name: [float(f"{value:.6g}") for value in values]
            for name, values in run.history.items()
        },
    }
    dataclasses.replace(run.report, context=context).save(path)
    print(run.report, flush=True)


def run_fusions(data, seeds):
    """A sweep over fusion layers under TIRG's recipe."""
    config = Config.from_yaml(
        ROOT / "configs" / "fashion_products_tirg.yaml",
        overrides={"data_dir": str(data)},
    )
    seed_by_seed(
        config,
        [f"fusion={','.join(FUSIONS)}"],
        Path("runs") / "fusions",
        RESULTS / "fusions",
        "python benchmarks/fashion_products.py fusions DATA",
        seeds,
    )


def main(arguments=None):
    parser = measuring.parser(__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    rows = commands.add_parser("rows")
    rows.add_argument("--only", help="names with commas between")
    fusions = commands.add_parser("fusions")
    for command in (rows, fusions):
        command.add_argument("data", type=Path, help="folder of the photos")
        command.add_argument("--seeds", default="0,1,2")
    commands.add_parser("table")
    chosen = parser.parse_args(arguments)
    if chosen.what == "fusions":
        data = chosen.data.resolve()
        os.chdir(ROOT)
        run_fusions(data, [int(seed) for seed in chosen.seeds.split(",")])
        return
    if chosen.what == "rows":
        known = list(fashion_products_table.ROWS)
        names = chosen.only.split(",") if chosen.only else known
        unknown = sorted(set(names) - set(known))
        if unknown:
            parser.error(f"--only takes {', '.join(known)}; not {unknown}")
        seeds = [int(seed) for seed in chosen.seeds.split(",")]
        data = chosen.data.resolve()
        os.chdir(ROOT)
        run_rows(data, seeds, names)
    fashion_products_table.write(RESULTS)
    found = fashion_products_table.load(RESULTS)
    fashion_products_curves.write(found, RESULTS / "curves.png")


if __name__ == "__main__":
    main()
