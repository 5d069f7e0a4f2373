"""Files that survive a kill: made durable, replaced in one step, summed."""

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


def replace_file(path, text):
    """Puts `text` where `path` is: readers see the old file or the new."""
    aside = path.with_name(path.name + ".new")
    aside.write_text(text, encoding="utf-8")
    sync(aside)
    os.replace(aside, path)
    sync(path.parent)
