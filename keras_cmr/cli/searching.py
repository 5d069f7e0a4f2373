"""Commands about searches: index and search."""

from pathlib import Path
from typing import Annotated

import typer

from keras_cmr.cli.common import app
from keras_cmr.cli.common import one_line_errors
from keras_cmr.cli.places import GalleryPlace
from keras_cmr.cli.places import ModelName
from keras_cmr.cli.places import find_gallery
from keras_cmr.cli.places import load_named
from keras_cmr.cli.places import say_limits


@app.command()
def index(
    images: Annotated[
        Path,
        typer.Argument(help="Folder of pictures, or a table (.csv, .jsonl)."),
    ],
    model: ModelName = None,
    out: Annotated[
        str | None,
        typer.Option(
            help="Folder of the gallery, or milvus://... Without it, a place "
            "in the cache ($KERAS_CMR_CACHE or ~/.cache/keras_cmr) that "
            "`search` finds by itself; pictures that are gone are forgotten."
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            help="Table of the pictures in the folder to take: columns path, "
            "id and metadata of your own."
        ),
    ] = None,
    update: Annotated[
        bool,
        typer.Option("--update", help="Embed again what is in the gallery."),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at an unreadable picture.")
    ] = False,
    ray_address: Annotated[
        str | None,
        typer.Option(help="Embed on a Ray cluster: auto, local, host:port"),
    ] = None,
    workers: Annotated[
        int, typer.Option(help="Workers on the Ray cluster.")
    ] = 1,
    cpus: Annotated[int, typer.Option(help="Processors a worker.")] = 1,
    gpus: Annotated[float, typer.Option(help="GPUs a worker.")] = 0,
):
    """Make pictures searchable, or take in those that are new.

    Run it again after a kill, and whenever pictures were added. Nothing is
    written into the folder.

    Example: keras-cmr index photos/

    Example: keras-cmr index photos/ --model runs/mine --out gallery
    """
    with one_line_errors():
        if out is None:
            _only_with_out(table, ray_address)
            _index_folder(images, model, update, strict)
            return
        from keras_cmr.retrieval import RayCluster
        from keras_cmr.retrieval import image_table
        from keras_cmr.retrieval import index_images
        from keras_cmr.retrieval.bulk.as_source import as_source

        cluster = None
        if ray_address is not None:
            cluster = RayCluster(ray_address, workers, cpus, gpus)
        # Before the model, which takes longer to load.
        source = as_source(
            images if table is None else image_table(table, images)
        )
        named = load_named(model)
        gallery, summary = index_images(
            source,
            out,
            named,
            update=update,
            strict=strict,
            cluster=cluster,
        )
        _say_skipped(summary)
        typer.echo(
            f"{summary}. {len(gallery):,} pictures in {out}, "
            f"engine {gallery.stats()['engine']}"
        )


def _index_folder(folder, model, update, strict):
    from keras_cmr.photos import FolderSearch

    search = FolderSearch(folder, model)
    say_limits(search.model)
    summary = search.refresh(update=update, strict=strict)
    _say_skipped(summary)
    gone = f", {search.removed:,} gone" if search.removed else ""
    typer.echo(
        f"{summary}{gone}. {len(search):,} pictures in {search.location}"
    )
    typer.echo(
        'Try: keras-cmr search --image PICTURE --text "at the beach" '
        "--out hits.html"
    )


def _only_with_out(table, ray_address):
    for name, value in (("table", table), ("ray-address", ray_address)):
        if value is not None:
            raise ValueError(
                f"`--{name}` needs `--out`, the gallery's place. "
                f"Received: --{name} {value} without it"
            )


def _say_skipped(summary):
    for name, reason in summary.skipped:
        typer.echo(f"skipped {name}: {reason}", err=True)


@app.command()
def search(
    gallery: GalleryPlace = None,
    model: ModelName = None,
    image: Annotated[
        Path | None, typer.Option(help="The reference picture.")
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(help="What to change about it, or what to look for."),
    ] = None,
    text_weight: Annotated[
        float | None,
        typer.Option(
            help="What the text counts for in a late fusion, between 0 and 1."
        ),
    ] = None,
    where: Annotated[
        list[str],
        typer.Option(
            help="key=value that the metadata must have; repeatable. The "
            "value may be JSON: 'price={\"$lt\": 50}'."
        ),
    ] = [],  # noqa: B006 - typer copies it
    k: Annotated[int, typer.Option("-k", help="How many to find.")] = 10,
    out: Annotated[
        Path | None,
        typer.Option(help="Hits to write as a picture (.png) or page (.html)."),
    ] = None,
):
    """Find the pictures that an image, a change, or both ask for.

    Example: keras-cmr search --image a.jpg --text "at the beach"

    Example: keras-cmr search gallery --model runs/mine --image a.png
    --text "make red circle blue" --where brand=x --out hits.png
    """
    with one_line_errors():
        from keras_cmr.photos.find_pictures import find_pictures
        from keras_cmr.photos.found import checked_ending
        from keras_cmr.photos.named_model import description_of
        from keras_cmr.retrieval import Gallery

        conditions = _conditions(where)
        if image is None and text is None:
            raise ValueError("Give `--image`, `--text` or both")
        if out is not None:
            checked_ending(out)
        place, named, about = find_gallery(gallery, model)
        opened = Gallery.open(place, named)
        found = find_pictures(
            opened,
            named,
            image,
            text,
            k,
            text_weight,
            conditions,
            about={"pictures": about, "model": description_of(named)},
        )
        for hit in found:
            typer.echo(f"{hit.rank:3d}  {hit.score:.4f}  {hit.path or hit.id}")
        if found.reason is not None:
            typer.echo(f"{len(found)} instead of {k}: {found.reason}", err=True)
        if out is not None:
            typer.echo(f"Look at {found.save(out)}")


def _conditions(pairs):
    """The `where` of a search from `key=value` texts."""
    from keras_cmr.retrieval.metadata_text import value_of

    conditions = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise ValueError(f"`--where` wants key=value. Received: {pair!r}")
        if key in conditions:
            raise ValueError(
                "`--where` wants each key once; a list says which values may "
                f"be, {key}='[1, 2]'. Received twice: {key}"
            )
        conditions[key] = value_of(value)
    return conditions
