"""Commands about models: train, evaluate, compare, submit."""

from pathlib import Path
from typing import Annotated

import typer

from keras_cmr.cli import completing
from keras_cmr.cli.common import ModelFile
from keras_cmr.cli.common import Smoke
from keras_cmr.cli.common import app
from keras_cmr.cli.common import key_values
from keras_cmr.cli.common import load_model
from keras_cmr.cli.common import one_line_errors
from keras_cmr.cli.common import typed_command


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="A file of configs/.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write. Default: runs/<config's name>."),
    ] = None,
    smoke: Smoke = False,
    set_: Annotated[
        list[str],
        typer.Option("--set", help="key=value, over the config's."),
    ] = [],  # noqa: B006 - typer copies it
    log: Annotated[
        list[str],
        typer.Option(help="tensorboard, wandb or mlflow; may be repeated."),
    ] = [],  # noqa: B006
):
    """Train, save and evaluate the model of a config.

    The same command goes on with a run that was stopped.

    Example: keras-cmr train configs/css_tirg_mi.yaml --set seed=1
    """
    with one_line_errors():
        from keras_cmr.config import Config

        settings = Config.from_yaml(config, smoke, key_values(set_))
        from keras_cmr.experiment import train as run

        folder = out or Path("runs") / config.stem
        result = run(
            settings,
            folder,
            command=typed_command(),
            logs=log,
            say=typer.echo,
        )
        from keras_cmr.training.devices import is_chief

        if settings.devices == "workers" and not is_chief():
            # Its figures differ where it has normalised other rows.
            typer.echo("Trained; the chief alone keeps model and report.")
            return
        typer.echo(str(result.report))
        typer.echo(f"Model and report: {folder}")


@app.command()
def evaluate(
    run: Annotated[Path, typer.Argument(help="Folder of a training run.")],
    protocol: Annotated[
        list[str] | None,
        typer.Option(
            help="Default: the run's own. Several, or `all` that fit, are "
            "shown side by side.",
            autocompletion=completing.protocols,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="JSON file to write as well; a folder for several protocols."
        ),
    ] = None,
):
    """Evaluate the model of a run on its benchmark's test split.

    Example: keras-cmr evaluate runs/css_tirg_mi --out report.json
    """
    with one_line_errors():
        from keras_cmr import evaluation
        from keras_cmr import models
        from keras_cmr.config import Config

        config = Config.from_yaml(run / "config.yaml")
        model = models.load(run / "model.keras")
        from keras_cmr.experiment import load_benchmark

        benchmark = load_benchmark(config)
        names = protocol or [config.protocol]
        reports = evaluation.evaluate(
            model,
            benchmark.test,
            protocol=names[0] if len(names) == 1 else names,
            benchmark=benchmark,
            context={"command": typed_command()},
        )
        # Before a file that can't be written loses them.
        typer.echo(str(reports))
        if out is not None:
            reports.save(out)


@app.command()
def compare(
    a: Annotated[
        str,
        typer.Argument(
            help="A report, the folder of a run, a folder of runs (seeds), "
            "or several with commas between."
        ),
    ],
    b: Annotated[str, typer.Argument(help="As many, from another model.")],
    out: Annotated[
        Path | None, typer.Option(help="HTML page to write as well.")
    ] = None,
    resamples: Annotated[
        int, typer.Option(help="Resamples of the bootstrap.")
    ] = 10_000,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap.")] = 0,
):
    """Is the second model better? Paired, query by query, slice by slice.

    Example: keras-cmr compare runs/tirg runs/tirg_mi --out compare.html
    """
    with one_line_errors():
        from keras_cmr.evaluation import compare_seeds
        from keras_cmr.evaluation import load_reports

        sides = [load_reports(a), load_reports(b)]
        result = compare_seeds(*sides, resamples=resamples, seed=seed)
        typer.echo(str(result))
        if out is not None:
            from keras_cmr.visualization import write_comparison_page

            names = (_short_name(a), _short_name(b))
            if names[0] == names[1] or "" in names:
                names = ("a", "b")
            write_comparison_page(out, result, *sides, names)
            typer.echo(f"Open {out.resolve()}")


@app.command()
def submit(
    benchmark: Annotated[
        str,
        typer.Argument(
            help="cirr or circo.", autocompletion=completing.servers
        ),
    ],
    model: ModelFile,
    data_dir: Annotated[
        Path, typer.Option(help="Folder of the benchmark's files.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the server's files.")],
):
    """Write, and validate, what the organisers' server takes.

    Example: keras-cmr submit cirr --model runs/cirr --data-dir data/cirr
    --out submission
    """
    with one_line_errors():
        from keras_cmr import evaluation
        from keras_cmr.evaluation import circo_server
        from keras_cmr.evaluation import cirr_server

        servers = {
            "cirr": (cirr_server.check_split, evaluation.write_cirr),
            "circo": (circo_server.check_split, evaluation.write_circo),
        }
        if benchmark not in servers:
            raise ValueError(
                "`benchmark` must be 'cirr' or 'circo', which have servers. "
                f"Received: {benchmark!r}"
            )
        from keras_cmr import datasets

        loaded = load_model(model)
        server = datasets.load(
            benchmark, data_dir, image_size=loaded.image_size
        ).server
        if server is None:
            raise ValueError(
                f"`data_dir` must hold the test split. Received: {data_dir}"
            )
        check, write = servers[benchmark]
        # Embedding takes hours: first see that it is not for nothing.
        check(server)
        out.mkdir(parents=True, exist_ok=True)
        queries, candidates = evaluation.embed_split(loaded, server)
        written = write(server, queries, candidates, out)
        for path in written if isinstance(written, tuple) else (written,):
            typer.echo(f"Send {path}")


def _short_name(places):
    """What to call a side of a comparison; of several, without the seed."""
    first, *others = places.split(",")
    path = Path(first.strip())
    name = path.stem if path.suffix else path.resolve().name
    return name.rstrip("-_.0123456789") if others else name
