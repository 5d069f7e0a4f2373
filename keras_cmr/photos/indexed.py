"""Which folders of pictures were indexed, and where their galleries lie."""

import dataclasses
import datetime
import hashlib
import json
import re
from pathlib import Path

from keras_cmr.datasets.load import cache_folder
from keras_cmr.durable import replace_file

ABOUT = "about.json"


@dataclasses.dataclass(frozen=True)
class Indexed:
    """A folder of pictures that was made searchable.

    Args:
        folder: str. Path of the pictures.
        home: str. Path of the folder that holds this note and `gallery/`.
        model: str or `None`. How `named_model` makes the model again.
        description: str. The model in a few words.
        pictures: int. How many can be found.
        when: str. Time of the last look at the folder, UTC.
    """

    folder: str
    home: str
    model: str | None
    description: str
    pictures: int
    when: str

    @property
    def gallery(self):
        """Path of the gallery."""
        return Path(self.home) / "gallery"

    def is_of(self, fingerprint):
        """Whether it was indexed by the model of this fingerprint."""
        return Path(self.home).name == _short(fingerprint)

    def __str__(self):
        return (
            f"{self.pictures:,} pictures of {self.folder} as of "
            f"{self.when[:16].replace('T', ' ')} UTC, by {self.description}"
        )


def home_of(folder, fingerprint) -> Path:
    """Where the gallery of a folder's pictures by this model is to lie.

    In the cache, under the folder's name and path: nothing is written among
    the pictures. Another model has another gallery, so that neither is lost.
    """
    folder = Path(folder).resolve()
    name = re.sub(r"[^\w.-]+", "_", folder.name)[:40]
    key = hashlib.sha256(str(folder).encode("utf-8", "surrogateescape"))
    home = _homes() / f"{name}-{key.hexdigest()[:12]}"
    return home / _short(fingerprint)


def note(folder, home, model, description, pictures) -> Indexed:
    """Writes down that a folder was indexed now."""
    now = datetime.datetime.now(datetime.UTC).isoformat()
    folder = str(Path(folder).resolve())
    about = Indexed(folder, str(home), model, description, pictures, now)
    text = json.dumps(dataclasses.asdict(about), indent=1) + "\n"
    replace_file(Path(home) / ABOUT, text)
    return about


def indexed_folders() -> list[Indexed]:
    """All that were noted in the cache, the last one first."""
    found = [_read(path) for path in _homes().glob(f"*/*/{ABOUT}")]
    return sorted(filter(None, found), key=lambda x: x.when, reverse=True)


def last_indexed(folder=None, fingerprint=None) -> Indexed:
    """What was indexed last.

    Args:
        folder: Path of the pictures. Defaults to `None`: any.
        fingerprint: str. Of the model. Defaults to `None`: any.

    Raises:
        ValueError: If there is none, with the command that makes one.
    """
    found = indexed_folders()
    if folder is not None:
        wanted = str(Path(folder).resolve())
        found = [about for about in found if about.folder == wanted]
    if fingerprint is not None:
        found = [about for about in found if about.is_of(fingerprint)]
    if not found:
        what = "no folder" if folder is None else folder
        by = "" if fingerprint is None else " by this model"
        raise ValueError(
            f"Nothing to search: {what} was indexed{by}. Run "
            f"`keras-cmr index {folder or 'photos/'}`"
        )
    return found[0]


def _short(fingerprint):
    return fingerprint[:16]


def _homes():
    return cache_folder() / "photos"


def _read(path):
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        # The cache may have been moved.
        return Indexed(**{**values, "home": str(path.parent)})
    except (OSError, ValueError, TypeError):
        # Written by another version, or just being removed.
        return None
