"""Do the mutual-information terms help? TIRG on small CSS scenes, many ways.

python benchmarks/mi_sweep.py run      terms, weights and estimators, crossed
python benchmarks/mi_sweep.py choices  the other choices, one at a time
python benchmarks/mi_sweep.py batch    with and without terms, by batch size
python benchmarks/mi_sweep.py gap      the modality gap of four runs of `run`
python benchmarks/mi_sweep.py photos DATA   the text term on real photos

Each goes on where it was stopped. After each seed a sweep's tables so far, its
figures, the picture, and the runs' reports with every query's rank are copied
to `benchmarks/results/mi_sweep`. The runs lie in `runs/`. DATA is a folder in
Fashion200k's layout.
"""

import json
import os
import shutil
import sys
from pathlib import Path

from keras_cmr.config import Config
from keras_cmr.gap import measure_run
from keras_cmr.gap import write_gaps
from keras_cmr.sweep.points import grid_points
from keras_cmr.sweep.points import parse_grid
from keras_cmr.sweep.run_sweep import sweep
from keras_cmr.visualization.sweep_picture import sweep_picture

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "mi_sweep"
# From the checkout's top: the files name the runs by it.
OUT = Path("runs") / "mi_sweep"
SEEDS = (0, 1, 2)
# One run in one to two minutes of CPU time, and the model still learns.
SIZES = {
    "scenes": 400,
    "renders": 1,
    "image_size": 32,
    "embedding_dim": 128,
    "text_units": 128,
    "discriminator_units": 128,
    "batch_size": 96,
    "epochs": 5,
}
BOTH = "TextImageMI+FusionImageMI"
GRID = (
    f"mutual_information=none,TextImageMI,FusionImageMI,{BOTH}",
    "weight=0.1,1",
    "estimator=jsd,infonce,dv",
)
CHOICES = (
    "image=target,reference,both",
    "level=P3,P2,P2+P3",
    "scope=local,global",
    "mask_negatives=true,false",
    "text_discriminator=EncodeAndDotDiscriminator,ConcatDiscriminator",
    "fusion_discriminator=EncodeAndDotDiscriminator,LocalConcatDiscriminator",
)
BATCH = (f"mutual_information=none,{BOTH}", "batch_size=96,48,192")
PHOTOS = ("mutual_information=none,TextImageMI", "weight=0.1,1")
COMMAND = "python benchmarks/mi_sweep.py "


def base(**changed):
    return Config.from_yaml(
        HERE.parent / "configs" / "css_tirg.yaml", overrides=SIZES | changed
    )


def with_terms():
    """What the choices are tried on: both terms, loud enough to be heard."""
    return base(
        mutual_information=BOTH.split("+"), weight=1.0, num_negatives=16
    )


def run():
    _seed_by_seed("run", base(), GRID, OUT, RESULTS)


def choices():
    _seed_by_seed(
        "choices",
        with_terms(),
        CHOICES,
        OUT.with_name("mi_choices"),
        RESULTS / "choices",
        one_at_a_time=True,
    )


def batch():
    _seed_by_seed(
        "batch", base(), BATCH, OUT.with_name("mi_batch"), RESULTS / "batch"
    )


def photos(data):
    config = Config.from_yaml(
        HERE.parent / "configs" / "fashion_products_tirg.yaml",
        overrides={"data_dir": data},
    )
    out = OUT.with_name("mi_photos")
    _seed_by_seed("photos DATA", config, PHOTOS, out, RESULTS / "photos")


def _seed_by_seed(what, config, grid, out, results, one_at_a_time=False):
    """A sweep, one seed after the other; what it came to goes to `results`."""
    (results / "reports").mkdir(parents=True, exist_ok=True)
    for count in range(1, len(SEEDS) + 1):
        written = sweep(
            config,
            parse_grid(grid),
            out,
            seeds=SEEDS[:count],
            one_at_a_time=one_at_a_time,
            command=COMMAND + what,
        )
        shutil.copy(out / "sweep.png", results)
        at_10 = sweep_picture(written, figure="R@10")
        at_10.savefig(results / "sweep_at_10.png", dpi=150)
        shutil.copy(out / "sweep.md", results)
        _copy(config, out / "sweep.json", results / "sweep.json")
        for point in written["points"]:
            for run in point["runs"]:
                if "figures" not in run:
                    continue  # it failed, and the tables say so
                report = out / run["folder"] / "report.json"
                name = f"{report.parent.name}.json"
                _copy(config, report, results / "reports" / name)


def _copy(config, source, target):
    """Copies a JSON file; whose folder it was is nobody's affair."""
    text = source.read_text()
    if config.data_dir is not None:
        text = text.replace(json.dumps(config.data_dir), '"DATA"')
    target.write_text(text)


def gap():
    """The gap of seed 0 with each choice of terms, at weight 1 and JSD."""
    wanted = parse_grid((GRID[0], "weight=1", "estimator=jsd"))
    points = grid_points(base(), wanted)
    written = sweep(base(), wanted, OUT, command=COMMAND + "gap")
    runs = [OUT / row["runs"][0]["folder"] for row in written["points"]]
    gaps = [measure_run(path, untrained=True) for path in runs]
    for point, found in zip(points, gaps, strict=True):
        print(point.name, found.gaps["trained"], sep="\n")
    write_gaps(gaps, RESULTS / "gap", COMMAND + "gap")


def main(arguments):
    commands = {"run": run, "choices": choices, "batch": batch, "gap": gap}
    match arguments:
        case [what] if what in commands:
            os.chdir(HERE.parent)
            commands[what]()
        case ["photos", data]:
            data = str(Path(data).resolve())
            os.chdir(HERE.parent)
            photos(data)
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
