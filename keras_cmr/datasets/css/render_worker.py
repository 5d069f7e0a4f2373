"""A process that renders: tasks on standard input, pixels on standard output.

A process of its own instead of `multiprocessing`, which would import the
user's script again, so that a script without `if __name__ == "__main__"`
could not make a benchmark.
"""

import pickle
import signal
import sys

import numpy as np

from keras_cmr.datasets.css.random_stream import RandomStream
from keras_cmr.datasets.css.rendering import render


def render_images(
    objects: np.ndarray,
    first: int,
    count: int,
    image_size: int,
    key: tuple[int, ...],
) -> np.ndarray:
    """Pictures of `count` scenes, each with a pose of its own.

    Args:
        objects: Int array `(objects, 7)`, the rows of an object table for
            these images, sorted by image.
        first: int. Number of the first image.
        count: int.
        image_size: int. Side of the pictures in pixels.
        key: Tuple of ints. With the image's number, the seed of its pose.

    Returns:
        Uint8 array `(count, image_size, image_size, 3)`.
    """
    pixels = np.empty((count, image_size, image_size, 3), "uint8")
    starts = np.searchsorted(objects[:, 0], np.arange(first, first + count + 1))
    for i in range(count):
        rows = objects[starts[i] : starts[i + 1]]
        stream = RandomStream([*key, first + i])
        pixels[i] = render(rows, image_size, stream)
    return pixels


def serve() -> None:
    """Answer tasks until standard input is closed."""
    # Ctrl+C is for the process that asks; without it this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            task = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        sys.stdout.buffer.write(render_images(*task))
        sys.stdout.buffer.flush()
