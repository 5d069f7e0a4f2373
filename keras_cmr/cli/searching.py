"""Commands about searches: index and search."""

from pathlib import Path
from typing import Annotated

import typer

from keras_cmr.cli.common import ModelFile
from keras_cmr.cli.common import app
from keras_cmr.cli.common import load_model
from keras_cmr.cli.common import one_line_errors


@app.command()
def index(
    images: Annotated[
        Path,
        typer.Argument(help="Folder of pictures, or a table (.csv, .jsonl)."),
    ],
    model: ModelFile,
    out: Annotated[
        str, typer.Option(help="Folder of the gallery, or milvus://...")
    ],
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

    Run it again after a kill, and whenever pictures were added.

    Example: keras-cmr index photos/ --model runs/quickstart --out gallery
    """
    with one_line_errors():
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
        gallery, summary = index_images(
            source,
            out,
            load_model(model),
            update=update,
            strict=strict,
            cluster=cluster,
        )
        for name, reason in summary.skipped:
            typer.echo(f"skipped {name}: {reason}", err=True)
        typer.echo(
            f"{summary}. {len(gallery):,} pictures in {out}, "
            f"engine {gallery.stats()['engine']}"
        )


@app.command()
def search(
    gallery: Annotated[
        str, typer.Argument(help="Folder of a gallery, or milvus://...")
    ],
    model: ModelFile,
    image: Annotated[
        Path | None, typer.Option(help="The reference picture.")
    ] = None,
    text: Annotated[
        str | None, typer.Option(help="What to change about it.")
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
        Path | None, typer.Option(help="Picture of the hits to write (.png).")
    ] = None,
):
    """Find the pictures that an image, a change, or both ask for.

    Example: keras-cmr search gallery --model runs/quickstart --image a.png
    --text "make red circle blue" --where brand=x --out hits.png
    """
    with one_line_errors():
        from keras_cmr.retrieval import Gallery

        conditions = _conditions(where)
        if out is not None and image is None:
            raise ValueError("`--out` draws the reference: give `--image`")
        opened = Gallery.open(gallery, load_model(model))
        hits = opened.search(image, text, k=k, where=conditions)
        for hit in hits:
            typer.echo(f"{hit.rank:3d}  {hit.score:.4f}  {hit.path or hit.id}")
        if hits.reason is not None:
            typer.echo(f"{len(hits)} instead of {k}: {hits.reason}", err=True)
        if out is not None:
            from keras_cmr.visualization import ranked_pictures
            from keras_cmr.visualization import search_example

            example = search_example(image, text or "", hits)
            ranked_pictures([example]).save(out)
            typer.echo(f"Look at {out}")


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
