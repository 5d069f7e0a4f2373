"""Memory given back to the system after what needed much of it."""

import ctypes
import functools


def give_back():
    """Lets go of freed memory that glibc keeps for later.

    After a compaction that is more than the gallery itself takes, in several
    arenas, and a server would hold it for ever. Other C libraries have no
    such call; there this does nothing.
    """
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@functools.cache
def _malloc_trim():
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # musl, macOS, Windows
        return None
