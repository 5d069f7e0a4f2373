"""The views of CSS: which pictures a plan becomes."""

import contextlib
import dataclasses
import pathlib

import numpy as np
from tqdm import tqdm

from keras_cmr.datasets.css.drawing import draw
from keras_cmr.datasets.css.pixel_file import PixelFile
from keras_cmr.datasets.css.render_pool import render_tasks
from keras_cmr.datasets.css.scenes import ALLOWED

VIEWS = ("2d", "3d", "2d-to-3d")

# Raise it with every change of a rendered pixel.
RENDERER_VERSION = 1
_POSES = 3  # a random stream beside those of the plan
_PIECE = 64  # images rendered and written at once


@dataclasses.dataclass(frozen=True)
class Pictures:
    """How a plan is drawn.

    Args:
        view: One of `VIEWS`.
        seed: int. Seed of the poses.
        path: Path without an ending, for files in which rendered pictures
            are kept while and after they are made, or `None` for memory.
        workers: int or `None`, see `render_tasks`.
        verbose: int. `0` hides the progress bar.
    """

    view: str = "2d"
    seed: int = 0
    path: pathlib.Path | None = None
    workers: int | None = None
    verbose: int = 0

    def make(
        self, split: str, objects: np.ndarray, shape: tuple[int, ...]
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """The pictures of a split.

        Args:
            split: Its name.
            objects: Int array `(objects, 7)`, an object table.
            shape: Tuple `(images, image_size, image_size, 3)`.

        Returns:
            Tuple of uint8 arrays of that shape: the images, and the images
            as references where they are others, otherwise `None`.
        """
        if self.view == "2d":
            return draw(objects, *shape[:2]), None
        rendered = self._render(split, objects, shape)
        if self.view == "3d":
            return rendered, None
        return rendered, draw(objects, *shape[:2])

    def _render(self, split, objects, shape):
        if self.path is None:
            kept = _Memory(shape)
        else:
            name = f"{self.path.name}-{split}"
            kept = PixelFile(self.path.with_name(name), shape, _PIECE)
        images, image_size = shape[:2]
        missing = kept.missing()
        firsts = [_PIECE * piece for piece in missing]
        counts = [min(_PIECE, images - first) for first in firsts]
        tasks = []
        for first, count in zip(firsts, counts, strict=True):
            rows = np.searchsorted(objects[:, 0], [first, first + count])
            part = objects[slice(*rows)]
            poses = (self.seed, list(ALLOWED).index(split), _POSES)
            tasks.append((part, first, count, image_size, poses))
        with (
            tqdm(
                total=images,
                initial=images - sum(counts),
                desc=f"Rendering CSS {split}",
                unit="image",
                disable=not self.verbose or not tasks,
            ) as bar,
            contextlib.closing(render_tasks(tasks, self.workers)) as parts,
        ):
            for piece, part in zip(missing, parts, strict=True):
                kept.write(piece, part)
                bar.update(len(part))
        return kept.read()


class _Memory:
    """The methods of `PixelFile` for pictures that are kept nowhere."""

    def __init__(self, shape: tuple[int, ...]):
        self._pixels = np.empty(shape, "uint8")

    def missing(self) -> list[int]:
        return list(range(-(-len(self._pixels) // _PIECE)))

    def write(self, piece: int, pixels: np.ndarray) -> None:
        first = _PIECE * piece
        self._pixels[first : first + len(pixels)] = pixels

    def read(self) -> np.ndarray:
        return self._pixels
