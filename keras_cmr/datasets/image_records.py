"""Images inside of TFDS's record files."""

import hashlib
import io
from collections.abc import Sequence

import numpy as np

from keras_cmr.datasets.image_files import ImageFiles


class ImageRecords(ImageFiles):
    """Image files that lie in record files, one after another.

    Equal to `ImageFiles` of the files they once were: same pixels, same
    digest. Nothing is kept but where each image begins and ends.

    Args:
        places: Sequence of tuples of the record file that holds the image,
            the image's first byte in it and its number of bytes.
        image_size: int. Height and width of the pixels.
    """

    def __init__(self, places: Sequence[tuple[str, int, int]], image_size: int):
        super().__init__([path for path, _, _ in places], image_size)
        self._ranges = np.array([place[1:] for place in places], "int64")

    def content(self, index: int) -> bytes:
        start, size = self._ranges[index].tolist()
        with open(self.paths[index], "rb") as file:
            file.seek(start)
            return file.read(size)

    def _read(self, index: int) -> np.ndarray:
        from keras_cmr.models.images import load_image

        try:
            return load_image(io.BytesIO(self.content(index)), self.image_size)
        except ValueError as error:
            start, size = self._ranges[index].tolist()
            raise ValueError(
                f"{self.paths[index]}, {size} bytes from {start} on: not an "
                f"image that can be read: {error}"
            ) from None

    def _hash(self, index: int) -> bytes:
        return hashlib.sha256(self.content(index)).digest()
