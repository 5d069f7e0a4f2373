"""Commands about data: generate, validate, audit."""

from pathlib import Path
from typing import Annotated

import typer

from keras_cmr.cli import completing
from keras_cmr.cli.common import Out
from keras_cmr.cli.common import app
from keras_cmr.cli.common import key_values
from keras_cmr.cli.common import load_model
from keras_cmr.cli.common import named_benchmark
from keras_cmr.cli.common import one_line_errors


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
    with one_line_errors():
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
    with one_line_errors():
        from keras_cmr.datasets import triplets

        validation = triplets.validate(folder, table)
        typer.echo(str(validation))
        if out is not None and validation.sheet is not None:
            validation.sheet.save(out)
            typer.echo(f"Look at {out}")
    if validation.faults:
        raise typer.Exit(1)


@app.command()
def audit(
    benchmark: Annotated[
        str,
        typer.Argument(
            help="A file of configs/, or a benchmark's name.",
            autocompletion=completing.benchmarks,
        ),
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
    with one_line_errors():
        overrides = key_values(set_)
        if data_dir is not None:
            overrides["data_dir"] = str(data_dir)
        loaded = named_benchmark(benchmark, overrides)
        from keras_cmr.evaluation import audit as run

        found = run(loaded, model=None if model is None else load_model(model))
        typer.echo(str(found))
        if out is not None:
            from keras_cmr.visualization import write_audit_page

            found.save(out / "audit.json")
            page = write_audit_page(out / "audit.html", found)
            typer.echo(f"Open {page.resolve()}")
    if found.leaks:
        raise typer.Exit(1)
