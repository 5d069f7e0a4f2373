"""Commands to begin with: quickstart and doctor."""

from pathlib import Path
from typing import Annotated

import typer

from keras_cmr.cli.common import Out
from keras_cmr.cli.common import app
from keras_cmr.cli.common import one_line_errors


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
    with one_line_errors():
        from keras_cmr.quickstart import quickstart as run

        run(out, seed=seed, smoke=smoke, say=typer.echo)


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
