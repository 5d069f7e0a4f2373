"""A folder that is there whole or not at all."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from keras_cmr.durable import sync
from keras_cmr.new_folder import check_new_folder


@contextlib.contextmanager
def whole_folder(out):
    """A folder to write to, put in the place of `out` if the block ends well.

    Args:
        out: `pathlib.Path` of a new or empty folder.

    Raises:
        ValueError: If `out` already holds something.
    """
    check_new_folder(out)
    parent = out.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=parent))
    try:
        # As a folder made by hand would be; `mkdtemp` shuts others out.
        aside.chmod(0o755)
        yield aside
        for path in [*aside.rglob("*"), aside]:
            sync(path)
        # Over an empty folder too; one filled meanwhile is an `OSError`.
        os.replace(aside, out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    sync(parent)
