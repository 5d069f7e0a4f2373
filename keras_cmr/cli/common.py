"""What all commands share: the application, options, errors, loading."""

import contextlib
import logging
import os
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

# TensorFlow's start-up remarks hide what a command says itself.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
logging.getLogger("tensorflow").setLevel(logging.ERROR)
# Off by default on processors without AVX-512, where TensorFlow's own gradient
# of a convolution takes several times as long: benchmarks/train_step.py.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Composed image retrieval: an image and a change find the image "
    "that is meant.\n\n"
    "Start with: keras-cmr quickstart",
)

Out = Annotated[Path, typer.Option(help="Folder to write; new or empty.")]
Smoke = Annotated[
    bool, typer.Option("--smoke", help="Use the config's small sizes.")
]
ModelFile = Annotated[
    Path, typer.Option(help="A .keras file, or the folder of a run.")
]


@contextlib.contextmanager
def one_line_errors():
    """Bad input is the user's to mend: one line and exit code 2.

    Numbers that are not finite are nobody's input: exit code 1.
    """
    try:
        yield
    except (
        ValueError,
        TypeError,
        OSError,
        ImportError,
        FloatingPointError,
    ) as error:
        if os.environ.get("KERAS_CMR_TRACEBACK"):
            raise
        typer.echo("keras-cmr: " + " ".join(str(error).split()), err=True)
        code = 1 if isinstance(error, FloatingPointError) else 2
        raise typer.Exit(code) from None


def key_values(pairs):
    """Dict of the `key=value` texts of an option."""
    import yaml

    values = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"`--set` wants key=value. Received: {pair!r}")
        try:
            values[key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ValueError(
                f"`--set` wants a value that YAML can read. Received: {pair!r}"
            ) from error
    return values


def typed_command():
    """The command as it was typed, for reports."""
    return "keras-cmr " + shlex.join(sys.argv[1:])


def named_benchmark(name, arguments):
    """The benchmark of a config file, or of that name."""
    if name.endswith((".yaml", ".yml")):
        from keras_cmr.config import Config

        config = Config.from_yaml(name, overrides=arguments)
        from keras_cmr.experiment import load_benchmark

        return load_benchmark(config)
    from keras_cmr import datasets

    return datasets.load(name, **arguments)


def load_model(path):
    """The model of a `.keras` file or of a run's folder."""
    from keras_cmr import models

    return models.load(path)
