"""Commands that keep a gallery in order: keras-cmr gallery ..."""

import json
from typing import Annotated

import typer

from keras_cmr.cli.common import app
from keras_cmr.cli.common import one_line_errors

galleries = typer.Typer(
    no_args_is_help=True, help="Look after a gallery; no model is needed."
)
app.add_typer(galleries, name="gallery")

Location = Annotated[
    str, typer.Argument(help="Folder of a gallery, or milvus://...")
]


@galleries.command()
def stats(gallery: Location):
    """Print size, engine and its calibration as JSON.

    Example: keras-cmr gallery stats gallery
    """
    with one_line_errors():
        typer.echo(json.dumps(_open(gallery).stats(), indent=1))


@galleries.command()
def verify(gallery: Location):
    """Read everything and compare checksums. Exit code 2: damage.

    Example: keras-cmr gallery verify gallery
    """
    with one_line_errors():
        counts = _open(gallery).verify()
        words = ", ".join(f"{name} {count}" for name, count in counts.items())
        typer.echo(f"{gallery} is whole: {words}")


@galleries.command()
def compact(
    gallery: Location,
    recall_target: Annotated[
        float | None,
        typer.Option(help="Share of true hits the index must find."),
    ] = None,
):
    """Make room of removed pictures and build the index.

    Example: keras-cmr gallery compact gallery --recall-target 0.99
    """
    with one_line_errors():
        opened = _open(gallery)
        opened.compact(recall_target)
        figures = opened.stats()
        typer.echo(
            f"{figures['count']:,} pictures, engine {figures['engine']}: "
            f"{figures['reason']}"
        )


@galleries.command()
def remove(
    gallery: Location,
    ids: Annotated[list[str], typer.Argument(help="Ids in the gallery.")],
):
    """Remove pictures from a gallery; all of them or none. Files stay.

    Example: keras-cmr gallery remove gallery shoes/17.jpg
    """
    with one_line_errors():
        opened = _open(gallery)
        opened.remove(ids)
        typer.echo(f"{len(ids):,} removed, {len(opened):,} left")


def _open(location):
    from keras_cmr.retrieval import Gallery

    return Gallery.open(location)
