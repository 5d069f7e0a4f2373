"""Rendering on all cores."""

import concurrent.futures
import contextlib
import os
import pathlib
import pickle
import queue
import subprocess
import sys
from collections.abc import Iterator
from collections.abc import Sequence

import numpy as np

from keras_cmr.datasets.css import render_worker

# A process starts in about the time that it takes to render so much.
_WORTH_A_PROCESS = 2

# `-m` would warn of a module that its own package has imported already.
_WORKER = f"from {render_worker.__name__} import serve; serve()"

# Arguments of `render_images`.
Task = tuple[np.ndarray, int, int, int, tuple[int, ...]]


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def render_tasks(
    tasks: Sequence[Task], workers: int | None
) -> Iterator[np.ndarray]:
    """What `render_images(*task)` gives for every task, in their order.

    Args:
        tasks: Sequence of tuples.
        workers: int. Processes. `None` for one a core.
    """
    count = min(workers or cores(), len(tasks) // _WORTH_A_PROCESS)
    if count < 2:
        for task in tasks:
            yield render_worker.render_images(*task)
        return
    processes = _Processes(count)
    with concurrent.futures.ThreadPoolExecutor(count) as threads:
        try:
            yield from threads.map(processes.render, tasks)
        finally:
            processes.end()


class _Processes:
    def __init__(self, count: int):
        root = pathlib.Path(__file__).parents[3]
        path = os.pathsep.join(
            filter(None, [str(root), os.environ.get("PYTHONPATH")])
        )
        self._all = [
            subprocess.Popen(
                # -P: nothing in the current folder may pass for a module.
                [sys.executable, "-P", "-c", _WORKER],
                env={**os.environ, "PYTHONPATH": path},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            for _ in range(count)
        ]
        self._idle: queue.SimpleQueue = queue.SimpleQueue()
        for process in self._all:
            self._idle.put(process)

    def render(self, task: Task) -> np.ndarray:
        _, first, count, image_size, _ = task
        shape = (count, image_size, image_size, 3)
        process = self._idle.get()
        try:
            pickle.dump(task, process.stdin)
            process.stdin.flush()
            answer = process.stdout.read(count * image_size * image_size * 3)
            pixels = np.frombuffer(answer, "uint8").reshape(shape)
        except (OSError, ValueError) as error:
            raise RuntimeError(
                f"The process that rendered images {first} to "
                f"{first + count - 1} ended with status {process.wait()}."
            ) from error
        finally:
            self._idle.put(process)
        return pixels

    def end(self) -> None:
        for process in self._all:
            process.kill()
        for process in self._all:
            process.wait()
            process.stdout.close()
            # What was not sent yet cannot be sent any more.
            with contextlib.suppress(OSError):
                process.stdin.close()
