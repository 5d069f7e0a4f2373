"""Pictures on disk, written piece by piece and checked piece by piece."""

import hashlib
import pathlib

import numpy as np


class PixelFile:
    """A file of pictures that remembers which of its pieces are whole.

    Beside `NAME.pixels`, the raw bytes, lies `NAME.sha256`: the number and
    the hash of every piece that was written. A piece counts only while its
    bytes have that hash. So a writer may be killed at any time, two may write
    the same pictures, and a damaged piece is found and written anew.

    Args:
        path: Path without an ending.
        shape: Tuple `(images, height, width, 3)`.
        piece: int. Images in a piece.
    """

    def __init__(self, path: pathlib.Path, shape: tuple[int, ...], piece: int):
        self._pixels = path.with_name(f"{path.name}.pixels")
        self._hashes = path.with_name(f"{path.name}.sha256")
        self._shape = shape
        self._piece = piece
        self._bytes = int(np.prod(shape[1:])) * piece

    def missing(self) -> list[int]:
        """Numbers of the pieces that are not there, or damaged."""
        count = -(-self._shape[0] // self._piece)
        if not self._pixels.exists():
            return list(range(count))
        known = self._known()
        with open(self._pixels, "rb") as file:
            return [
                piece
                for piece in range(count)
                if known.get(piece) != _hash(file.read(self._bytes))
            ]

    def _known(self) -> dict[int, str]:
        known = {}
        if self._hashes.exists():
            text = self._hashes.read_text("ascii", errors="replace")
            for line in text.splitlines():
                number, _, digest = line.partition(" ")
                # A line may be cut short, or damaged itself.
                if number.isdecimal():
                    known[int(number)] = digest
        return known

    def write(self, piece: int, pixels: np.ndarray) -> None:
        """Write one piece; it counts once its hash is written as well."""
        self._pixels.parent.mkdir(parents=True, exist_ok=True)
        self._pixels.touch()
        raw = pixels.tobytes()
        # Not through a memory map: that kills the process on a full disk.
        with open(self._pixels, "r+b") as file:
            file.seek(piece * self._bytes)
            file.write(raw)
        with open(self._hashes, "a", encoding="ascii") as file:
            file.write(f"\n{piece} {_hash(raw)}\n")

    def read(self) -> np.ndarray:
        """All pictures, a read-only array that stays on disk."""
        return np.asarray(
            np.memmap(self._pixels, "uint8", "r", shape=self._shape)
        )


def _hash(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
