"""A command about figures: diagnose."""

from pathlib import Path
from typing import Annotated

import typer

from keras_cmr.cli import completing
from keras_cmr.cli.common import app
from keras_cmr.cli.common import one_line_errors
from keras_cmr.cli.common import typed_command


@app.command()
def diagnose(
    run: Annotated[Path, typer.Argument(help="Folder of a training run.")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for diagnosis.html, .md and .json and report.json."
        ),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            help="Default: the run's own.",
            autocompletion=completing.protocols,
        ),
    ] = None,
    k: Annotated[int, typer.Option(help="Hits looked at.")] = 10,
    sample: Annotated[
        int, typer.Option(help="Queries whose parts and words are looked at.")
    ] = 2000,
    seed: Annotated[int, typer.Option(help="Of sample and bootstrap.")] = 0,
):
    """Why the figures are so: what hits keep and change, which words count.

    Example: keras-cmr diagnose runs/css_tirg_mi --out diagnosis
    """
    with one_line_errors():
        from keras_cmr import evaluation
        from keras_cmr import models
        from keras_cmr.config import Config

        config = Config.from_yaml(run / "config.yaml")
        if out is not None:
            # Looking takes minutes: first see that they are not for nothing.
            out.mkdir(parents=True, exist_ok=True)
        model = models.load(run / "model.keras")
        from keras_cmr.experiment import load_benchmark

        benchmark = load_benchmark(config)
        found = evaluation.diagnose(
            model,
            benchmark.test,
            protocol=protocol or config.protocol,
            k=k,
            sample=sample,
            seed=seed,
            benchmark=benchmark,
            context={"command": typed_command()},
        )
        _show(found)
        if out is not None:
            from keras_cmr.visualization import write_diagnosis_page

            found.save(out)
            page = write_diagnosis_page(out / "diagnosis.html", found)
            typer.echo(f"Open {page.resolve()}")


def _show(found):
    """The tables on the terminal, with the interval of the first figure.

    All of them would not fit into 80 columns; the files have them.
    """
    from rich import box
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    for section in found.sections:
        table = Table(
            title=Text(section.title, style="bold"),
            title_justify="left",
            box=box.SIMPLE_HEAD,
            pad_edge=False,
        )
        rows = [
            (name, first, *(cell.partition(" [")[0] for cell in others))
            for name, first, *others in section.rows
        ]
        table.add_column(Text(section.columns[0]))
        for place, column in enumerate(section.columns[1:], start=1):
            table.add_column(
                Text(column),
                justify="right",
                # Heads and names break at blanks, figures never.
                min_width=max(len(row[place]) for row in rows),
            )
        for row in rows:
            table.add_row(*map(Text, row))
        console.print(table)
        if section.note:
            note = Text(section.note, style="dim")
            console.print(Padding(note, (0, 0, 1, 0)))
    for note in found.notes:
        console.print(Text(f"{note}."))
