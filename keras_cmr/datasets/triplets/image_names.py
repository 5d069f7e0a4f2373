"""The names of the images in a folder, as people write them in tables."""

import difflib
import re
import unicodedata

from keras_cmr.datasets.image_folder import ImageFolder
from keras_cmr.datasets.image_folder import checked_relative
from keras_cmr.datasets.triplets.faults import Fault
from keras_cmr.datasets.triplets.faults import Report

_DRIVE = re.compile(r"[A-Za-z]:")
# difflib compares with each: 2,000 names take 20 ms. Where a hundred images
# are missing, no more hints are needed.
_MOST_COMPARED = 2000
_MOST_HINTS = 100


class ImageNames:
    """Finds images by name, whatever system wrote name or file.

    The name of an image is its path below the folder in Unicode's form NFC,
    with `/`. Hidden files (a leading dot in the path, as macOS leaves beside
    pictures) are no images.

    Args:
        folder: An `ImageFolder`.
        report: Function that is told of files whose names can't be used.

    Attributes:
        files: Dict from name to the path that `folder` knows, sorted by name.
        hidden: int. Number of hidden files.
    """

    def __init__(self, folder: ImageFolder, report: Report):
        self._folder = folder
        self._hints = 0
        self.hidden = 0
        files: dict[str, str] = {}
        for path in folder:
            if path.startswith(".") or "/." in path:
                self.hidden += 1
                continue
            name = unicodedata.normalize("NFC", path)
            problem = _unusable(path)
            if name in files:
                problem = (
                    "the name differs from that of another file in the form "
                    "of its Unicode characters alone"
                )
            if problem:
                place = str(folder.root / path).encode(errors="replace")
                problem += ". Rename the file"
                report(Fault("file name", place.decode(), problem))
                continue
            files[name] = path
        self.files = dict(sorted(files.items()))
        # By what people write instead: no ending, another folder or case.
        self._by_stem: dict[str, list[str]] = {}
        self._by_base: dict[str, list[str]] = {}
        for name in self.files:
            stem = name.rpartition(".")[0]
            self._by_stem.setdefault(stem, []).append(name)
            self._by_base.setdefault(_base(name), []).append(name)

    def resolve(self, written: str) -> str:
        """The name that `written` means, whether or not there is such a file.

        The ending may be left out. A `\\` is read as `/`: no name of an image
        can hold it, so that it can only be Windows' separator.

        Raises:
            ValueError: For a path that leaves the folder, a hidden file, or
                a name that fits several files.
        """
        path = written.replace("\\", "/")
        if _DRIVE.match(path):
            path = "/" + path
        try:
            name = checked_relative(path)
        except ValueError:
            raise ValueError(
                f"must name an image by its path below {self._folder.root}. "
                f"Received: {written!r}"
            ) from None
        if name.startswith(".") or "/." in name:
            raise ValueError(f"names a hidden file. Received: {written!r}")
        if name in self.files:
            return name
        found = self._by_stem.get(name, [name])
        if len(found) > 1:
            raise ValueError(
                f"fits several files, {found[0]!r} and {found[1]!r}. "
                f"Received: {written!r}"
            )
        return found[0]

    def why_missing(self, name: str) -> str:
        """A sentence for a `name` that is not in `files`."""
        reason = self._folder.why_missing(name)
        self._hints += 1
        near = self._nearest(name) if self._hints <= _MOST_HINTS else ""
        return reason + (f". Did you mean {near!r}?" if near else "")

    def _nearest(self, name):
        twins = self._by_base.get(_base(name), [])[:_MOST_COMPARED]
        if twins:
            return difflib.get_close_matches(name, twins, 1, 0)[0]
        folder = name.rpartition("/")[0]
        beside = [
            other for other in self.files if other.rpartition("/")[0] == folder
        ]
        pool = (beside or list(self.files))[:_MOST_COMPARED]
        near = difflib.get_close_matches(name, pool, 1, 0.6)
        return near[0] if near else ""


def _base(name):
    """The file's name without folders and ending, in one case."""
    base = name.rpartition("/")[2].casefold()
    return base.rpartition(".")[0] or base


def _unusable(path):
    try:
        path.encode()
    except UnicodeEncodeError:
        return "the name is not UTF-8"
    return "the name holds a backslash" if "\\" in path else ""
