"""One writer at a time in a folder, among all programs of a machine."""

import contextlib

import filelock


@contextlib.contextmanager
def write_lock(folder, seconds=0):
    """Holds `write.lock` of a folder; the system frees it after a kill.

    Args:
        folder: `pathlib.Path`. Must be there.
        seconds: How long to wait for another writer.

    Raises:
        BlockingIOError: If another program, or another thread, holds it.
    """
    lock = filelock.FileLock(
        folder / "write.lock", timeout=seconds, thread_local=False
    )
    try:
        lock.acquire()
    except filelock.Timeout:
        raise BlockingIOError(
            f"{folder} is being written by another program; try again later"
        ) from None
    try:
        yield
    finally:
        lock.release()
