"""Python may end while `tf.data` is making a batch."""

import atexit
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator

# For a thread of `tf.data` to get from Python's code back to its own. Nothing
# tells when it has; on a machine with four times its load, 0.2 was too short.
GRACE_SECONDS = 2.0

_ending = threading.Event()
_open: set[Iterator] = set()
_busy: set[Iterator] = set()


def ends_with_python(make: Callable[[], Iterator]) -> Callable[[], Iterator]:
    """`make` for `from_generator`, with a process that can end.

    A script that ends with an open iterator over a dataset would wait for
    ever: when Python ends, it stops each thread that is about to go on with
    Python code, and TensorFlow then waits for its own among them. So, before
    that, the item in work is waited for and no further one is begun.

    Args:
        make: Callable that returns an iterator whose items are not `None`.
    """

    def generate():
        items = make()
        _open.add(items)
        try:
            while (item := _next(items)) is not None:
                yield item
        finally:
            _open.discard(items)

    return generate


def _next(items: Iterator):
    _busy.add(items)
    try:
        return None if _ending.is_set() else next(items, None)
    finally:
        _busy.discard(items)


@atexit.register
def _end() -> None:
    _ending.set()
    if _open:
        while _busy:
            time.sleep(0.01)
        time.sleep(GRACE_SECONDS)
