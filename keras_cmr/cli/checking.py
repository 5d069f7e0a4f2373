"""Commands about results: verify."""

from pathlib import Path
from typing import Annotated

import typer

from keras_cmr.cli.common import app
from keras_cmr.cli.common import one_line_errors


@app.command()
def verify(
    result: Annotated[
        Path, typer.Argument(help="A report, or the folder of a run.")
    ],
):
    """Make every figure again from a report's ranks; exit code 1 if one lies.

    Example: keras-cmr verify runs/css_tirg_mi/report.json
    """
    with one_line_errors():
        from keras_cmr.evaluation import Report
        from keras_cmr.evaluation import verify as differences

        path = result / "report.json" if result.is_dir() else result
        found = differences(path)
        for line in found:
            typer.echo(line)
        if not found:
            report = Report.load(path)
            typer.echo(
                f"{path}: {len(report.figures)} figures and "
                f"{len(report.slices)} slices are those of its "
                f"{report.num_queries:,} ranks"
            )
    if found:
        raise typer.Exit(1)
