import ctypes
import gc

import pytest

from keras_cmr.retrieval.local import freed_memory


def anonymous_mib():
    with open("/proc/self/status") as status:
        lines = dict(line.split(":", 1) for line in status)
    return int(lines["RssAnon"].split()[0]) / 1024


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="needs glibc"
)
def test_what_was_freed_goes_back_to_the_system():
    # Blocks under glibc's threshold for maps of their own; the last one
    # stays, so that the heap can't shrink from its end.
    held = [ctypes.create_string_buffer(b"x" * 4_000) for _ in range(50_000)]
    last = held.pop()
    del held
    gc.collect()
    before = anonymous_mib()
    freed_memory.give_back()
    assert anonymous_mib() < before - 100
    assert last.raw[:1] == b"x"


def test_other_c_libraries_are_left_alone(monkeypatch):
    class Musl:
        def __init__(self, name):
            pass

    monkeypatch.setattr(freed_memory.ctypes, "CDLL", Musl)
    freed_memory._malloc_trim.cache_clear()
    try:
        freed_memory.give_back()
        assert freed_memory._malloc_trim() is None
    finally:
        freed_memory._malloc_trim.cache_clear()
