"""Commands about galleries: index and search."""

import warnings
from pathlib import Path
from typing import Annotated

import typer

from keras_cmr.cli.common import ModelFile
from keras_cmr.cli.common import app
from keras_cmr.cli.common import load_model
from keras_cmr.cli.common import one_line_errors


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
    with one_line_errors():
        paths = _pictures(images)
        from keras_cmr.retrieval import Gallery

        gallery = Gallery.create(out, load_model(model))
        with warnings.catch_warnings():
            # Each skipped picture gets a line of its own below.
            warnings.filterwarnings("ignore", ".*unreadable", UserWarning)
            summary = gallery.add(paths, strict=strict)
        gallery.compact()
        for name, reason in summary.skipped:
            typer.echo(f"skipped {name}: {reason}", err=True)
        engine = gallery.stats()["engine"]
        typer.echo(f"{summary.added:,} pictures in {out}, engine {engine}")


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
    with one_line_errors():
        from keras_cmr.retrieval import Gallery

        opened = Gallery.open(gallery, load_model(model))
        hits = opened.search(image, text, k=k)
        for hit in hits:
            typer.echo(f"{hit.rank:3d}  {hit.score:.4f}  {hit.path or hit.id}")
        if out is not None:
            from keras_cmr.visualization import ranked_pictures
            from keras_cmr.visualization import search_example

            ranked_pictures([search_example(image, text, hits)]).save(out)
            typer.echo(f"Look at {out}")


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
