"""The command line: parse, call the library, print."""

import contextlib
import logging
import os
import shlex
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

# TensorFlow's start-up remarks hide what a command says itself.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
logging.getLogger("tensorflow").setLevel(logging.ERROR)
# Off by default on processors without AVX-512, where TensorFlow's own gradient
# of a convolution takes several times as long: benchmarks/train_step.py.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Composed image retrieval: an image and a change find the image "
    "that is meant.\n\n"
    "Start with: keras-cmr quickstart",
)

Out = Annotated[Path, typer.Option(help="Folder to write; new or empty.")]
Smoke = Annotated[
    bool, typer.Option("--smoke", help="Use the config's small sizes.")
]
ModelFile = Annotated[
    Path, typer.Option(help="A .keras file, or the folder of a run.")
]


@app.command()
def quickstart(
    out: Out = Path("runs/quickstart"),
    seed: Annotated[int, typer.Option(help="Seed of everything.")] = 0,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="Tiny sizes: does it run at all?")
    ] = False,
):
    """Generate scenes, train, measure, search: a report in minutes.

    Example: keras-cmr quickstart --out runs/quickstart
    """
    with _one_line_errors():
        from keras_cmr.quickstart import quickstart as run

        run(out, seed=seed, smoke=smoke, say=typer.echo)


@app.command()
def generate(
    out: Out,
    scenes: Annotated[int, typer.Option(help="Base scenes a split.")] = 6000,
    modifications: Annotated[
        int, typer.Option(help="Queries a base scene.")
    ] = 3,
    renders: Annotated[int, typer.Option(help="Drawings a content.")] = 2,
    image_size: Annotated[int, typer.Option(help="Pixels a side.")] = 64,
    jitter: Annotated[
        int, typer.Option(help="Pixels unchanged objects move by.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the scenes.")] = 0,
    view: Annotated[
        str, typer.Option(help="2d (drawn), 3d (rendered) or 2d-to-3d.")
    ] = "2d",
):
    """Write generated CSS scenes in the original benchmark's layout.

    Example: keras-cmr generate --out data/css --scenes 200
    """
    with _one_line_errors():
        from keras_cmr import datasets
        from keras_cmr.visualization import contact_sheet

        # Through the cache, so that a stopped rendering goes on.
        benchmark = datasets.load(
            "css",
            scenes=scenes,
            modifications=modifications,
            renders=renders,
            image_size=image_size,
            jitter=jitter,
            seed=seed,
            view=view,
        )
        datasets.css.write_original(benchmark, out)
        for split in (benchmark.train, benchmark.test):
            typer.echo(
                f"{split.name}: {len(split.images.ids):,} images, "
                f"{len(split.queries.modifications):,} queries, "
                f"fingerprint {split.fingerprint[:12]}"
            )
        images = benchmark.train.images
        sheet = out / "contact_sheet.png"
        contact_sheet(images.pixels[:24], columns=6).save(sheet)
        typer.echo(f"Look at {sheet}")


@app.command()
def validate(
    folder: Annotated[Path, typer.Argument(help="Your images/ and tables.")],
    table: Annotated[
        Path | None, typer.Option(help="One table under a name of your own.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Picture of triplets to write (.png).")
    ] = None,
):
    """Check your own images and triplets; exit code 1 if there are faults.

    Example: keras-cmr validate shop --out shop.png
    """
    with _one_line_errors():
        from keras_cmr.datasets import triplets

        validation = triplets.validate(folder, table)
        typer.echo(str(validation))
        if out is not None and validation.sheet is not None:
            validation.sheet.save(out)
            typer.echo(f"Look at {out}")
    if validation.faults:
        raise typer.Exit(1)


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
):
    """Train, save and evaluate the model of a config.

    Example: keras-cmr train configs/css_tirg_mi.yaml --set seed=1
    """
    with _one_line_errors():
        from keras_cmr.config import Config

        settings = Config.from_yaml(config, smoke, _overrides(set_))
        from keras_cmr.experiment import train as run

        folder = out or Path("runs") / config.stem
        command = "keras-cmr " + shlex.join(sys.argv[1:])
        result = run(settings, folder, command=command)
        typer.echo(str(result.report))
        typer.echo(f"Model and report: {folder}")


@app.command()
def evaluate(
    run: Annotated[Path, typer.Argument(help="Folder of a training run.")],
    protocol: Annotated[
        list[str] | None,
        typer.Option(
            help="Default: the run's own. Several, or `all` that fit, are "
            "shown side by side."
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
    with _one_line_errors():
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
        )
        if out is not None:
            reports.save(out)
        typer.echo(str(reports))


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
    with _one_line_errors():
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
def audit(
    benchmark: Annotated[
        str, typer.Argument(help="A file of configs/, or a benchmark's name.")
    ],
    data_dir: Annotated[
        Path | None, typer.Option(help="Folder of the benchmark's files.")
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(help="A .keras file or a run: its rows as well."),
    ] = None,
    set_: Annotated[
        list[str],
        typer.Option(
            "--set", help="key=value for the config or the benchmark's reader."
        ),
    ] = [],  # noqa: B006 - typer copies it
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for audit.json and audit.html."),
    ] = None,
):
    """Look for leaks, copies, shortcuts and missing images. Exit code 1: leak.

    Leaks are: a test image that is also in train; the target's caption in the
    query's text; a word of the vocabulary that only test texts have.

    Example: keras-cmr audit fashion200k --data-dir data/fashion200k --out audit
    """
    with _one_line_errors():
        overrides = _overrides(set_)
        if data_dir is not None:
            overrides["data_dir"] = str(data_dir)
        loaded = _benchmark(benchmark, overrides)
        from keras_cmr.evaluation import audit as run

        found = run(loaded, model=None if model is None else _load(model))
        typer.echo(str(found))
        if out is not None:
            from keras_cmr.visualization import write_audit_page

            found.save(out / "audit.json")
            page = write_audit_page(out / "audit.html", found)
            typer.echo(f"Open {page.resolve()}")
    if found.leaks:
        raise typer.Exit(1)


@app.command()
def index(
    images: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    model: ModelFile,
    out: Annotated[Path, typer.Option(help="Folder of the new gallery.")],
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at an unreadable picture.")
    ] = False,
):
    """Make a folder of pictures searchable.

    Example: keras-cmr index photos/ --model runs/quickstart --out gallery
    """
    with _one_line_errors():
        paths = _pictures(images)
        from keras_cmr.retrieval import Gallery

        gallery = Gallery.create(out, _load(model))
        with warnings.catch_warnings():
            # Each skipped picture gets a line of its own below.
            warnings.filterwarnings("ignore", ".*unreadable", UserWarning)
            summary = gallery.add(paths, strict=strict)
        gallery.save()
        for name, reason in summary.skipped:
            typer.echo(f"skipped {name}: {reason}", err=True)
        typer.echo(
            f"{summary.added:,} pictures in {out}, engine {gallery.engine}"
        )


@app.command()
def search(
    gallery: Annotated[Path, typer.Argument(help="Folder of a gallery.")],
    model: ModelFile,
    image: Annotated[Path, typer.Option(help="The reference picture.")],
    text: Annotated[str, typer.Option(help="What to change about it.")],
    k: Annotated[int, typer.Option("-k", help="How many to find.")] = 10,
    out: Annotated[
        Path | None, typer.Option(help="Picture of the hits to write (.png).")
    ] = None,
):
    """Find the pictures that an image and a change ask for.

    Example: keras-cmr search gallery --model runs/quickstart --image a.png
    --text "make red circle blue" --out hits.png
    """
    with _one_line_errors():
        from keras_cmr.retrieval import Gallery

        opened = Gallery.open(gallery, _load(model))
        hits = opened.search(image, text, k=k)
        for hit in hits:
            typer.echo(f"{hit.rank:3d}  {hit.score:.4f}  {hit.path or hit.id}")
        if out is not None:
            from keras_cmr.visualization import ranked_pictures
            from keras_cmr.visualization import search_example

            ranked_pictures([search_example(image, text, hits)]).save(out)
            typer.echo(f"Look at {out}")


@app.command()
def doctor():
    """Print versions, what is missing and the command that mends it."""
    from keras_cmr.doctor import diagnose

    checks = diagnose()
    for check in checks:
        sign = {True: "ok", False: "BAD", None: "  "}[check.ok]
        typer.echo(f"{sign:>3}  {check.name:20} {check.found}")
        if check.remedy:
            typer.echo(f"     -> {check.remedy}")
    if any(check.ok is False for check in checks):
        raise typer.Exit(1)


@contextlib.contextmanager
def _one_line_errors():
    """Bad input is the user's to mend: one line and exit code 2."""
    try:
        yield
    except (ValueError, TypeError, OSError, ImportError) as error:
        if os.environ.get("KERAS_CMR_TRACEBACK"):
            raise
        typer.echo("keras-cmr: " + " ".join(str(error).split()), err=True)
        raise typer.Exit(2) from None


def _overrides(pairs):
    import yaml

    overrides = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"`--set` wants key=value. Received: {pair!r}")
        overrides[key] = yaml.safe_load(value)
    return overrides


def _benchmark(name, overrides):
    """The benchmark of a config file, or of that name."""
    if name.endswith((".yaml", ".yml")):
        from keras_cmr.config import Config

        config = Config.from_yaml(name, overrides=overrides)
        from keras_cmr.experiment import load_benchmark

        return load_benchmark(config)
    from keras_cmr import datasets

    return datasets.load(name, **overrides)


def _short_name(places):
    """What to call a side of a comparison; of several, without the seed."""
    first, *others = places.split(",")
    path = Path(first.strip())
    name = path.stem if path.suffix else path.resolve().name
    return name.rstrip("-_.0123456789") if others else name


def _load(path):
    from keras_cmr import models

    return models.load(path / "model.keras" if path.is_dir() else path)


def _pictures(folder):
    if not folder.is_dir():
        raise ValueError(f"No such folder: {folder}")
    endings = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"}
    paths = sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in endings
    )
    if not paths:
        raise ValueError(
            f"No pictures ({', '.join(sorted(endings))}) in {folder}"
        )
    return paths


def main():
    """Entry point of `keras-cmr`."""
    app(prog_name="keras-cmr")


if __name__ == "__main__":
    sys.exit(main())
