"""The command that answers over HTTP."""

from typing import Annotated

import typer

from keras_cmr.cli.common import app
from keras_cmr.cli.common import one_line_errors
from keras_cmr.cli.places import GalleryPlace
from keras_cmr.cli.places import ModelName
from keras_cmr.cli.places import find_gallery

_LOCAL = ("127.0.0.1", "localhost", "::1")


@app.command()
def serve(
    gallery: GalleryPlace = None,
    model: ModelName = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 for all.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    max_body_mb: Annotated[
        int, typer.Option(help="Largest request in MiB.")
    ] = 10,
    max_megapixels: Annotated[
        int, typer.Option(help="Largest picture sent, in millions of pixels.")
    ] = 25,
    max_k: Annotated[int, typer.Option(help="Most hits of a search.")] = 100,
    max_text: Annotated[
        int, typer.Option(help="Longest text, in characters.")
    ] = 1000,
    searches_per_minute: Annotated[
        int, typer.Option(help="Of one client; 0 for no limit.")
    ] = 60,
    images_per_minute: Annotated[
        int, typer.Option(help="Of one client; 0 for no limit.")
    ] = 1200,
    time_limit: Annotated[
        float, typer.Option(help="Seconds a request may take.")
    ] = 10.0,
    threads: Annotated[
        int, typer.Option(help="Requests worked on at the same time.")
    ] = 8,
    max_waiting: Annotated[
        int, typer.Option(help="Requests that may wait for a thread.")
    ] = 32,
    max_connections: Annotated[
        int, typer.Option(help="Open connections.")
    ] = 256,
    image_side: Annotated[
        int,
        typer.Option(help="Largest side of pictures shown; 0 shows none."),
    ] = 512,
    show_paths: Annotated[
        bool, typer.Option("--show-paths", help="Hits tell their files.")
    ] = False,
    no_page: Annotated[
        bool,
        typer.Option(
            "--no-page", help="Without the page and its look at the gallery."
        ),
    ] = False,
    refresh: Annotated[
        float,
        typer.Option(help="Seconds between looks for what others wrote."),
    ] = 10.0,
    trust_proxy: Annotated[
        list[str] | None,
        typer.Option(help="Address whose X-Forwarded-For is believed."),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="Name by which clients call this server."),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(help="https://... whose pages may read answers (CORS)."),
    ] = None,
):
    """Search a gallery on a page and over HTTP, on this machine only.

    The page at the address that it prints takes a picture, of the gallery or
    sent, and what to change about it. Programs ask `/search`. For others'
    machines say `--host`.

    There are no passwords: put a proxy before it that has, and limits.

    Example: keras-cmr serve

    Example: keras-cmr serve runs/quickstart/gallery --model
    runs/quickstart/tirg_mi
    """
    with one_line_errors():
        from keras_cmr import serving

        limits = serving.Limits(
            body_bytes=max_body_mb * 1024 * 1024,
            pixels=max_megapixels * 1_000_000,
            k=max_k,
            text_chars=max_text,
            searches_per_minute=searches_per_minute,
            images_per_minute=images_per_minute,
            seconds=time_limit,
            threads=threads,
            waiting=max_waiting,
            connections=max_connections,
            image_side=image_side,
        )
        bound = serving.bound_socket(host, port)
        place, named, _ = find_gallery(gallery, model)
        service = serving.Service.open(
            place,
            named,
            limits=limits,
            refresh_seconds=refresh,
            show_paths=show_paths,
        )
        names, who = allow_host, "anybody who reaches this machine"
        if host in _LOCAL:
            names, who = [*_LOCAL, *(allow_host or ())], "this machine only"
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{bound.getsockname()[1]}"
        count = f"{service.health.images:,} images"
        said = f"{count} on {address}, for {who}"
        typer.echo(said if no_page else f"{said}. Open it in a browser.")
    serving.serve(
        service,
        bound,
        names,
        allow_origin or (),
        trust_proxy or (),
        page=not no_page,
    )
