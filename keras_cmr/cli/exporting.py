"""A command about other programs: export."""

from pathlib import Path
from typing import Annotated

import typer

from keras_cmr.cli.common import Out
from keras_cmr.cli.common import app
from keras_cmr.cli.common import load_model
from keras_cmr.cli.common import one_line_errors
from keras_cmr.cli.common import typed_command


@app.command()
def export(
    model: Annotated[
        Path, typer.Argument(help="A .keras file, or the folder of a run.")
    ],
    out: Out,
    format_: Annotated[
        list[str],
        typer.Option(
            "--format", help="saved_model, onnx or litert; may be repeated."
        ),
    ] = ["saved_model"],  # noqa: B006 - typer copies it
    int8: Annotated[
        bool, typer.Option("--int8", help="Weights as int8.")
    ] = False,
    text_length: Annotated[
        int | None,
        typer.Option(help="Token ids a row in LiteRT. Default: 32 or fewer."),
    ] = None,
    gallery: Annotated[
        str | None,
        typer.Option(help="A gallery that the SavedModel shall search."),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(help="exact, or scann, whose ops a server must have."),
    ] = "exact",
):
    """Write query and target tower for TF Serving, ONNX or LiteRT.

    Example: keras-cmr export runs/quickstart/tirg_mi --out exported
    --format saved_model --format onnx
    """
    with one_line_errors():
        from keras_cmr.new_folder import check_new_folder

        check_new_folder(out)
        loaded = load_model(model)
        opened = None
        if gallery is not None:
            from keras_cmr.retrieval import Gallery

            opened = Gallery.open(gallery, loaded)
        from keras_cmr.export import export_model
        from keras_cmr.export import read_card

        export_model(
            loaded,
            out,
            formats=format_,
            int8=int8,
            text_length=text_length,
            gallery=opened,
            engine=engine,
            command=typed_command(),
        )
        card = read_card(out)
        for name, content in card["formats"].items():
            size = sum(
                file["bytes"]
                for path, file in card["files"].items()
                if path.startswith(name)
            )
            typer.echo(f"{out / content['path']}: {size / 1e6:.1f} MB")
        typer.echo(f"Card: {out / 'export.json'}")
