"""Do the mutual-information terms help? TIRG on small CSS scenes, many ways.

python benchmarks/mi_sweep.py run      the sweep, as long as it takes
python benchmarks/mi_sweep.py gap      the modality gap of four of its runs

`run` goes on where it was stopped and copies the table so far, its figures
and the picture to `benchmarks/results/mi_sweep` after each seed. Every run
lies in `runs/mi_sweep`.
"""

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
GRID = (
    "mutual_information=none,TextImageMI,FusionImageMI,"
    "TextImageMI+FusionImageMI",
    "weight=0.1,1",
    "estimator=jsd,infonce,dv",
)
COMMAND = "python benchmarks/mi_sweep.py "


def base():
    return Config.from_yaml(
        HERE.parent / "configs" / "css_tirg.yaml", overrides=SIZES
    )


def run():
    """The sweep, one seed after the other, each with a table of its own."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    for count in range(1, len(SEEDS) + 1):
        sweep(
            base(),
            parse_grid(GRID),
            OUT,
            seeds=SEEDS[:count],
            command=COMMAND + "run",
        )
        for name in ("sweep.json", "sweep.md", "sweep.png"):
            shutil.copy(OUT / name, RESULTS / name)


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


def main(what):
    if what not in ("run", "gap"):
        raise SystemExit(__doc__)
    os.chdir(HERE.parent)
    {"run": run, "gap": gap}[what]()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) == 2 else "")
