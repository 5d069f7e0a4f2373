"""Commands about what helps: sweep, gap."""

from pathlib import Path
from typing import Annotated

import typer

from keras_cmr.cli.common import Smoke
from keras_cmr.cli.common import app
from keras_cmr.cli.common import key_values
from keras_cmr.cli.common import one_line_errors
from keras_cmr.cli.common import typed_command


@app.command()
def sweep(
    config: Annotated[Path, typer.Argument(help="A file of configs/.")],
    grid: Annotated[
        list[str],
        typer.Option(
            help="key=value,value,... of any key; lists as none,A,A+B."
        ),
    ],
    seeds: Annotated[str, typer.Option(help="Training seeds.")] = "0",
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write, or to go on with. Default: "
            "runs/<config's name>_sweep."
        ),
    ] = None,
    random: Annotated[
        int | None,
        typer.Option(help="Only that many points: the first and random ones."),
    ] = None,
    random_seed: Annotated[int, typer.Option(help="Seed of that choice.")] = 0,
    one_at_a_time: Annotated[
        bool,
        typer.Option(
            "--one-at-a-time",
            help="Each point leaves the first value of one key only.",
        ),
    ] = False,
    smoke: Smoke = False,
    set_: Annotated[
        list[str],
        typer.Option("--set", help="key=value for all points."),
    ] = [],  # noqa: B006 - typer copies it
):
    """Train every point of a grid; table and picture of what each key does.

    Compares with the grid's first point. The same command again repeats no
    finished run. Exit code 1: some runs failed.

    Example: keras-cmr sweep configs/css_tirg.yaml --grid weight=0.1,1
    --grid mutual_information=none,TextImageMI,TextImageMI+FusionImageMI
    --seeds 0,1,2
    """
    with one_line_errors():
        from keras_cmr.config import Config

        base = Config.from_yaml(config, smoke, key_values(set_))
        from keras_cmr.sweep.points import grid_points
        from keras_cmr.sweep.points import parse_grid

        values = parse_grid(grid)
        # Typing errors are told before TensorFlow starts.
        grid_points(base, values, random, random_seed, one_at_a_time)
        numbers = _integers("seeds", seeds)
        from keras_cmr.sweep.run_sweep import sweep as run
        from keras_cmr.sweep.table import table

        folder = out or Path("runs") / f"{config.stem}_sweep"
        record = run(
            base,
            values,
            folder,
            seeds=numbers,
            random=random,
            random_seed=random_seed,
            one_at_a_time=one_at_a_time,
            command=typed_command(),
            say=typer.echo,
        )
        typer.echo("\n" + table(record))
        typer.echo(f"Table, picture and runs: {folder}")
    if not record["complete"]:
        raise typer.Exit(1)


def _integers(name, text):
    try:
        return [int(word) for word in text.split(",")]
    except ValueError:
        raise ValueError(
            f"`{name}` must be integers with commas between. Received: {text!r}"
        ) from None


@app.command()
def gap(
    runs: Annotated[
        list[Path], typer.Argument(help="Folders of training runs.")
    ],
    out: Annotated[
        Path,
        typer.Option(help="A .json file, or a folder for it and pictures."),
    ],
    untrained: Annotated[
        bool,
        typer.Option(
            "--untrained", help="Measure each model before training as well."
        ),
    ] = False,
    max_queries: Annotated[
        int, typer.Option(help="Queries of the test split to take.")
    ] = 2000,
):
    """How far texts, references, queries and targets lie apart.

    Example: keras-cmr gap runs/css_tirg runs/css_tirg_mi --untrained
    --out gap
    """
    with one_line_errors():
        from keras_cmr.gap import measure_run
        from keras_cmr.gap import write_gaps

        gaps = []
        for run in runs:
            measured = measure_run(run, untrained, max_queries)
            for title, found in measured.gaps.items():
                typer.echo(f"{run}, {title}: {found}\n")
            gaps.append(measured)
        for path in write_gaps(gaps, out, typed_command()):
            typer.echo(f"Written: {path}")
