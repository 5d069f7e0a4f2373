"""Do the mutual-information terms help? TIRG on small CSS scenes, many ways.

python benchmarks/mi_sweep.py run      terms, weights and estimators, crossed
python benchmarks/mi_sweep.py choices  the other choices, one at a time
python benchmarks/mi_sweep.py batch    with and without terms, by batch size
python benchmarks/mi_sweep.py gap      the modality gap of four runs of `run`
python benchmarks/mi_sweep.py photos DATA [SEEDS]  the text term on photos
python benchmarks/mi_sweep.py photo-choices DATA [SEEDS]
                                       all choices there, one at a time

Each goes on where it was stopped. After each seed a sweep's tables so far, its
figures, the picture, and the runs' reports with every query's rank are copied
to `benchmarks/results/mi_sweep`. The runs lie in `runs/`. DATA is a folder in
Fashion200k's layout.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
if str(HERE.parent) not in sys.path:
    sys.path.insert(0, str(HERE.parent))

from benchmarks.saved_sweep import seed_by_seed  # noqa: E402
from keras_cmr.config import Config  # noqa: E402
from keras_cmr.gap import measure_run  # noqa: E402
from keras_cmr.gap import write_gaps  # noqa: E402
from keras_cmr.sweep.outcomes import finished_runs  # noqa: E402
from keras_cmr.sweep.points import grid_points  # noqa: E402
from keras_cmr.sweep.points import parse_grid  # noqa: E402

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
# Loud terms on photos, and the ways to change them but for the slowest: P3 has
# four times the places of P4, and `LocalConcatDiscriminator` scores each alone.
PHOTO_CHOICES = (
    f"mutual_information={BOTH},FusionImageMI,TextImageMI,none",
    "weight=1,0.1",
    "estimator=jsd,infonce,dv",
    "image=target,reference,both",
    "level=P4,P5",
    "scope=local,global",
    "mask_negatives=true,false",
    "batch_size=128,64,256",
    "text_discriminator=EncodeAndDotDiscriminator,ConcatDiscriminator",
)
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
    seed_by_seed(base(), GRID, OUT, RESULTS, COMMAND + "run", SEEDS)


def choices():
    seed_by_seed(
        with_terms(),
        CHOICES,
        OUT.with_name("mi_choices"),
        RESULTS / "choices",
        COMMAND + "choices",
        SEEDS,
        one_at_a_time=True,
    )


def batch():
    out = OUT.with_name("mi_batch")
    results = RESULTS / "batch"
    seed_by_seed(base(), BATCH, out, results, COMMAND + "batch", SEEDS)


def photos(data, seeds=SEEDS):
    seed_by_seed(
        photo_base("tirg", data),
        PHOTOS,
        OUT.with_name("mi_photos"),
        RESULTS / "photos",
        COMMAND + "photos DATA",
        seeds,
    )


def photo_choices(data, seeds=SEEDS):
    seed_by_seed(
        photo_base("tirg_mi", data, weight=1.0, num_negatives=4),
        PHOTO_CHOICES,
        OUT.with_name("mi_photo_choices"),
        RESULTS / "photo_choices",
        COMMAND + "photo-choices DATA",
        seeds,
        one_at_a_time=True,
    )


def photo_base(name, data, **changed):
    return Config.from_yaml(
        HERE.parent / "configs" / f"fashion_products_{name}.yaml",
        overrides={"data_dir": data} | changed,
    )


def gap():
    """The gap of seed 0 with each choice of terms, at weight 1 and JSD."""
    wanted = parse_grid((GRID[0], "weight=1", "estimator=jsd"))
    points = grid_points(base(), wanted)
    known = finished_runs(OUT / "runs")
    missing = [p.name for p in points if p.config not in known]
    if missing:
        raise SystemExit(f"First `{COMMAND}run`: there is no run {missing}")
    runs = [known[point.config] for point in points]
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
        case ["photos" | "photo-choices" as what, data, *rest] if len(rest) < 2:
            seeds = [int(s) for s in rest[0].split(",")] if rest else SEEDS
            data = str(Path(data).resolve())
            os.chdir(HERE.parent)
            sweeps = {"photos": photos, "photo-choices": photo_choices}
            sweeps[what](data, seeds)
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
