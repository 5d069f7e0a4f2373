"""Which images a folder really holds, and none from outside it."""

import functools
import os
from collections.abc import Iterator
from pathlib import Path
from pathlib import PurePosixPath

from keras_cmr.picture_file import ENDINGS


class ImageFolder:
    """The image files below a folder, listed once.

    Annotation files come from the internet, and the paths in them are input:
    one that leaves the folder, by `..`, as an absolute path or through a
    symbolic link, is never opened.

    Args:
        root: Path of the folder. It may itself be a link.
        endings: Tuple of file name endings in lower case.

    Attributes:
        root: `Path`, resolved.
        outside: Dict from the relative path of each link that leads out of
            the folder to where it leads. They are not in the listing.
    """

    def __init__(self, root, endings: tuple[str, ...] = ENDINGS):
        self.root = Path(root).expanduser().resolve()
        if not self.root.is_dir():
            raise FileNotFoundError(f"There is no folder {self.root}.")
        self.outside: dict[str, str] = {}
        self._endings = endings
        self._root = str(self.root)
        self._files = dict.fromkeys(sorted(self._list()))
        # As images are named: with their ending or without.
        stems = (relative.rpartition(".")[0] for relative in self.outside)
        self._outside = {*self.outside, *stems}

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[str]:
        """Relative paths, `/` between the parts, sorted."""
        return iter(self._files)

    def find(self, relative: str) -> str | None:
        """The path of an image, or `None` if the folder does not hold it.

        Args:
            relative: str. Path below the folder, with or without its ending;
                a leading `./` is allowed.

        Raises:
            ValueError: For a path that leaves the folder.
        """
        # What was listed leads nowhere else.
        if relative not in self._files:
            name = checked_relative(relative)
            relative = name if name in self._files else self._by_stem.get(name)
        return None if relative is None else f"{self._root}/{relative}"

    @functools.cached_property
    def _by_stem(self) -> dict[str, str]:
        # Some benchmarks name images without the ending.
        stems: dict[str, str] = {}
        for relative in self._files:
            stems.setdefault(relative.rpartition(".")[0], relative)
        return stems

    def why_missing(self, relative: str) -> str:
        """A line that says why `find` gives `None`."""
        name = checked_relative(relative)
        path = self.root / name
        for part in (name, *map(str, PurePosixPath(name).parents)):
            if part in self._outside:
                return f"{path}: a link that leads out of the folder"
        return f"{path}: missing"

    def _list(self) -> list[str]:
        """The images below the root; fills `outside`."""
        found = []
        # No recursion: folders may lie in folders a thousand deep.
        left = [(self._root, "")]
        while left:
            folder, prefix = left.pop()
            with os.scandir(folder) as entries:
                for entry in entries:
                    relative = prefix + entry.name
                    if entry.is_symlink():
                        real = os.path.realpath(entry.path)
                        if not self._holds(real):
                            self.outside[relative] = real
                            continue
                        # A link to a folder inside could lead round in
                        # circles, one to nothing or to itself is no file.
                        is_file = os.path.isfile(real)
                    elif entry.is_dir():
                        left.append((entry.path, relative + "/"))
                        continue
                    else:
                        is_file = entry.is_file()
                    if is_file and relative.lower().endswith(self._endings):
                        found.append(relative)
        return found

    def _holds(self, real: str) -> bool:
        return os.path.commonpath([self._root, real]) == self._root


def first_folder(root: Path, names: tuple[str, ...]) -> Path:
    """The first folder of these names in `root`, or `root` itself."""
    found = (root / name for name in names if (root / name).is_dir())
    return next(found, root)


def checked_relative(relative: str) -> str:
    """`relative` without a leading `./`; an error if it leaves its folder."""
    # Not `PurePosixPath`, which takes ten times as long.
    parts = [part for part in relative.split("/") if part not in ("", ".")]
    if (
        not parts
        or "\\" in relative
        or "\0" in relative
        or ".." in parts
        or relative.startswith("/")
    ):
        raise ValueError(
            "An image's path must lead to a file below its folder. "
            f"Received: {relative!r}"
        )
    return "/".join(parts)
