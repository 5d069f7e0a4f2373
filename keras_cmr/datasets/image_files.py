"""Image files that look like one array of pixels."""

import concurrent.futures
import functools
import hashlib
import os
from collections.abc import Iterator
from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

# Decoding and resizing happen in C without Python's lock.
WORKERS = min(16, 2 * (os.cpu_count() or 1))
READ_BYTES = 2**20


class ImageFiles:
    """Image files, read, decoded and resized when they are indexed.

    Takes the place of a uint8 array `(n, height, width, 3)`: `files[i]` is
    one image, `files[[3, 1]]` and `files[:8]` are several, decoded in
    parallel; there is no second index. Nothing is kept, so that a benchmark
    of any size can be open. Pictures are read as a trained model reads them,
    by `keras_cmr.models.images.load_image`.

    Args:
        paths: Sequence of `n` paths.
        image_size: int. Height and width of the pixels.

    Example:

    ```python
    import numpy as np
    from PIL import Image

    import keras_cmr

    Image.fromarray(np.zeros((9, 7, 3), "uint8")).save("black.png")
    files = keras_cmr.datasets.ImageFiles(["black.png"], image_size=4)
    files[:].shape    # (1, 4, 4, 3)
    ```
    """

    dtype = np.dtype("uint8")
    ndim = 4

    def __init__(self, paths: Sequence[str | os.PathLike], image_size: int):
        if not isinstance(image_size, int) or image_size < 1:
            raise ValueError(
                "`image_size` must be an integer of at least 1. "
                f"Received: image_size={image_size!r}"
            )
        self.paths = tuple(map(os.fspath, paths))
        self.image_size = image_size

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return (len(self.paths), self.image_size, self.image_size, 3)

    def __getitem__(self, chosen) -> np.ndarray:
        indices = np.arange(len(self.paths))[chosen]
        if indices.ndim == 0:
            return self._read(int(indices))
        pixels = np.empty((len(indices), *self.shape[1:]), self.dtype)
        # A batch holds some images twice: read once.
        wanted, rows = np.unique(indices, return_inverse=True)
        images = list(_pool().map(self._read, wanted.tolist()))
        for place, row in enumerate(rows):
            pixels[place] = images[row]
        return pixels

    def digest(self, verbose: int = 0) -> str:
        """SHA-256 of the size and of the bytes of every file, in order."""
        digest = hashlib.sha256(f"{self.shape}".encode())
        for own in self.hashes(verbose):
            digest.update(own)
        return digest.hexdigest()

    def hashes(self, verbose: int = 0) -> Iterator[bytes]:
        """SHA-256 of the bytes of each file, in order."""
        yield from tqdm(
            _pool().map(self._hash, range(len(self))),
            desc="hashing",
            total=len(self.paths),
            unit="image",
            disable=not verbose,
        )

    def broken(self, verbose: int = 0) -> dict[int, str]:
        """Index and reason of every file that can't be read as an image."""
        reasons = _pool().map(self._fault, range(len(self)))
        bar = tqdm(
            reasons,
            desc="checking images",
            total=len(self.paths),
            unit="image",
            disable=not verbose,
        )
        return {i: reason for i, reason in enumerate(bar) if reason}

    def content(self, index: int) -> bytes:
        """The bytes of an image as they lie in its file."""
        with open(self.paths[index], "rb") as file:
            return file.read()

    def _fault(self, index: int) -> str:
        try:
            self._read(index)
        except ValueError as error:
            return str(error)
        return ""

    def _read(self, index: int) -> np.ndarray:
        # Keras takes seconds to import, and opening needs no pixels.
        from keras_cmr.models.images import load_image

        return load_image(self.paths[index], self.image_size)

    def _hash(self, index: int) -> bytes:
        digest = hashlib.sha256()
        with open(self.paths[index], "rb") as file:
            while block := file.read(READ_BYTES):
                digest.update(block)
        return digest.digest()


@functools.cache
def _pool() -> concurrent.futures.ThreadPoolExecutor:
    return concurrent.futures.ThreadPoolExecutor(WORKERS, "image")
