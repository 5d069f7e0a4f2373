"""Galleries and their models, by what people call them."""

from pathlib import Path
from typing import Annotated

import typer

ModelName = Annotated[
    str | None,
    typer.Option(
        help="A .keras file, or the folder of a run; late-fusion:PRESET for a "
        "CLIP or SigLIP of KerasHub, such as clip_vit_base_patch16. Without "
        "it, late fusion of packaged encoders, which needs no training and "
        "does not compose image and text."
    ),
]
GalleryPlace = Annotated[
    str | None,
    typer.Argument(
        help="Folder of a gallery, milvus://..., or a folder of pictures that "
        "was indexed without --out. Without it, the folder that was indexed "
        "last, whose name is printed."
    ),
]


def load_named(name):
    """The model of that name; what a late fusion can't do is said."""
    from keras_cmr.photos.named_model import named_model

    model = named_model(name)
    say_limits(model)
    return model


def say_limits(model):
    """Says in a line what not to expect of a model, if it knows that."""
    limits = getattr(model, "limits", None)
    if limits is not None:
        typer.echo(limits, err=True)


def find_gallery(place, model):
    """Where the gallery that is meant lies, and what it was made with.

    Args:
        place: str or `None`. As of `GalleryPlace`.
        model: str or `None`. As of `ModelName`.

    Returns:
        Tuple of the gallery's place, the model, and str, what it holds.
    """
    from keras_cmr.photos.indexed import last_indexed
    from keras_cmr.retrieval.locations import holds_gallery

    if place is not None and (holds_gallery(place) or not Path(place).is_dir()):
        return place, load_named(model), place
    if model is not None:
        named = load_named(model)
        about = last_indexed(place, named.fingerprint)
    else:
        about = last_indexed(place)
        if about.model is None:
            raise ValueError(
                f"{about.folder} was indexed by a model that Python made: "
                "give `--model`"
            )
        named = load_named(about.model)
        if not about.is_of(named.fingerprint):
            raise ValueError(
                f"The model of {about.folder} has changed since: run "
                f"`keras-cmr index {about.folder}` again"
            )
    typer.echo(f"Searching {about}", err=True)
    return str(about.gallery), named, str(about)
