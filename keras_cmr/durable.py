"""Files that survive a kill: made durable, replaced in one step, summed."""

import contextlib
import hashlib
import os


def checksum(path):
    """Size and SHA-256 of a file, as `{"bytes": int, "sha256": hex}`."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}


def sync(path):
    """Waits until a file or a folder's list of names is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path, content, validate=None):
    """Puts `content` where `path` is: readers see the old file or the new.

    Args:
        path: `pathlib.Path`. Its folder must be there.
        content: str, written as UTF-8, or bytes.
        validate: Callable that takes the path of the new file before it is
            put in place; if it raises, `path` is as it was. Or `None`.
    """
    aside = path.with_name(path.name + ".new")
    if isinstance(content, str):
        content = content.encode()
    try:
        aside.write_bytes(content)
        sync(aside)
        if validate is not None:
            validate(aside)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    sync(path.parent)


@contextlib.contextmanager
def new_file(path):
    """A path to write to, put in the place of `path` if the block ends well.

    For what is too large for `replace_file` or written by others. The name
    ends as that of `path` does, since Keras looks at the ending.
    """
    aside = path.with_name("new." + path.name)
    try:
        yield aside
        sync(aside)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    sync(path.parent)
