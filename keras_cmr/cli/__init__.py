"""The command line: parse, call the library, print."""

# Each module adds its commands, in the order in which `--help` shows them.
# isort: off
from keras_cmr.cli import start  # noqa: F401
from keras_cmr.cli import data  # noqa: F401
from keras_cmr.cli import training  # noqa: F401
from keras_cmr.cli import checking  # noqa: F401
from keras_cmr.cli import sweeping  # noqa: F401
from keras_cmr.cli import diagnosis  # noqa: F401
from keras_cmr.cli import searching  # noqa: F401
from keras_cmr.cli import serving  # noqa: F401
from keras_cmr.cli import exporting  # noqa: F401
from keras_cmr.cli import galleries  # noqa: F401

# isort: on
from keras_cmr.cli.common import app


def main():
    """Entry point of `keras-cmr`."""
    app(prog_name="keras-cmr")
