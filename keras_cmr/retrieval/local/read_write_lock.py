"""Many readers or one writer, among the threads of a process."""

import contextlib
import threading


class ReadWriteLock:
    """Searches share it; a change to what they read has it alone.

    A writer that waits goes before readers that come later, so that a busy
    server's gallery still takes changes.
    """

    def __init__(self):
        self._condition = threading.Condition()
        self._readers = 0
        self._writers_waiting = 0
        self._writing = False

    @contextlib.contextmanager
    def read(self):
        with self._condition:
            self._condition.wait_for(
                lambda: not self._writing and not self._writers_waiting
            )
            self._readers += 1
        try:
            yield
        finally:
            with self._condition:
                self._readers -= 1
                self._condition.notify_all()

    @contextlib.contextmanager
    def write(self):
        with self._condition:
            self._writers_waiting += 1
            try:
                self._condition.wait_for(
                    lambda: not self._writing and not self._readers
                )
            finally:
                self._writers_waiting -= 1
            self._writing = True
        try:
            yield
        finally:
            with self._condition:
                self._writing = False
                self._condition.notify_all()
