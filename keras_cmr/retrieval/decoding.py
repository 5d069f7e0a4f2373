"""Images decoded in threads, ahead of the model that embeds them."""

import functools
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from keras_cmr.retrieval.images import UnreadableImage
from keras_cmr.retrieval.images import decode

# Decoding happens in C without Python's lock.
THREADS = min(16, 2 * (os.cpu_count() or 1))
# A piece ends at this many images, or at 256 MiB of decoded pixels.
_IMAGES_PER_PIECE = 256
_BYTES_PER_PIECE = 1 << 28


def pieces(images, model, threads=THREADS):
    """Decodes images in pieces of bounded memory, one piece ahead.

    While the caller works on a piece, the next one is decoded. In memory are
    at most three pieces and one image a thread.

    Args:
        images: Iterable of what `images.as_list` gives.
        model: Whose `prepare_image(image)`, if it has one, reads an image:
            the model's own way, for example a large JPEG at a fraction of
            its size. Otherwise images come as they are, see `images.decode`.
        threads: Int. How many images are decoded at a time.

    Yields:
        `(positions, pixels, failures)`: positions of the readable images of
        this piece, their pixels, and `(position, UnreadableImage)` pairs.
    """
    coming = _pieces(images, _reader(model), threads)
    with ThreadPoolExecutor(1, "pieces") as beside:
        piece = beside.submit(next, coming, None)
        while (ready := piece.result()) is not None:
            piece = beside.submit(next, coming, None)
            yield ready


def _reader(model):
    prepare = getattr(model, "prepare_image", None)
    if prepare is None:
        return decode

    def read(image):
        try:
            return prepare(image)
        # On damaged files Pillow's readers raise nearly any type.
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise UnreadableImage(reason) from error

    return read


def _pieces(images, read, threads):
    positions, pixels, failures, size = [], [], [], 0
    for position, decoded in enumerate(_decoded(images, read, threads)):
        if isinstance(decoded, UnreadableImage):
            failures.append((position, decoded))
        else:
            positions.append(position)
            pixels.append(decoded)
            size += _num_bytes(decoded)
        done = len(positions) + len(failures)
        if done == _IMAGES_PER_PIECE or size >= _BYTES_PER_PIECE:
            yield positions, pixels, failures
            positions, pixels, failures, size = [], [], [], 0
    if positions or failures:
        yield positions, pixels, failures


def _decoded(images, read, threads):
    """Pixels or `UnreadableImage` of each image, in order."""
    pool, waiting = _pool(threads), deque()
    for image in images:
        if isinstance(image, Image.Image):
            # One that is given twice may not be loaded in two threads.
            waiting.append(functools.partial(_same, _attempt(read, image)))
        else:
            waiting.append(pool.submit(_attempt, read, image).result)
        if len(waiting) > threads:
            yield waiting.popleft()()
    while waiting:
        yield waiting.popleft()()


def _same(decoded):
    return decoded


def _attempt(read, image):
    try:
        return read(image)
    except UnreadableImage as error:
        return error


def _num_bytes(pixels):
    if isinstance(pixels, np.ndarray):
        return pixels.nbytes
    return pixels.width * pixels.height * 3


@functools.cache
def _pool(threads):
    return ThreadPoolExecutor(threads, "decode")
