"""The seal of a gallery's rows: which version counts, and of what files.

Lance commits in one step, but it waits for no disk, keeps no checksums, and
over a damaged file it may end the process. So a version of the table counts
once the seal names it: its files are then on the disk, and are compared with
the seal before Lance reads them.

    rows.json   the version, and size and checksums of its files
"""

import hashlib
import json
import os
from typing import NamedTuple

from keras_cmr.durable import checksum
from keras_cmr.durable import replace_file
from keras_cmr.durable import sync
from keras_cmr.retrieval.local.manifest import digest
from keras_cmr.retrieval.local.manifest import verify_artifacts

SEAL = "rows.json"
# Lance keeps what it must parse, apart from strings, at the end of a file.
_TAIL = 1 << 16


class Seal(NamedTuple):
    """What `rows.json` holds.

    Args:
        version: Int, of the Lance table; `0` before the first row.
        files: Dict from path below the table to `durable.checksum` result.
        tails: Dict from the same paths to the SHA-256 of a file's last 64
            KiB, which are compared at every opening.
    """

    version: int
    files: dict
    tails: dict


NO_ROWS = Seal(0, {}, {})


def read_seal(table):
    """The `Seal` of a table, given as a `pathlib.Path`."""
    path = table.with_name(SEAL)
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        recorded = body.pop("sha256")
        seal = Seal(**body)
    except FileNotFoundError:
        raise ValueError(f"Damaged gallery: {path} is missing") from None
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"Damaged gallery: {path} is not readable") from error
    if recorded != digest(seal._asdict()):
        raise ValueError(f"Damaged gallery: {path} does not match its checksum")
    return seal


def write_seal(table, old=NO_ROWS, version=0, names=()):
    """Makes a version's files durable, then makes it the one that counts.

    Args:
        table: `pathlib.Path` of the table.
        old: `Seal` before; its files never change.
        version: Int.
        names: Paths of the version's files below the table.

    Returns:
        The new `Seal`.
    """
    new = [name for name in names if name not in old.files]
    for name in new:
        sync(table / name)
    folders = {(table / name).parent for name in new}
    for folder in folders if old.version else {table.parent, *folders}:
        sync(folder)
    files = {
        name: old.files.get(name) or checksum(table / name) for name in names
    }
    tails = {name: old.tails.get(name) or _tail(table / name) for name in names}
    seal = Seal(version, files, tails)
    body = {**seal._asdict(), "sha256": digest(seal._asdict())}
    replace_file(table.with_name(SEAL), json.dumps(body) + "\n")
    return seal


def check_tails(table, seal):
    """Refuses files that are gone, or damaged where Lance parses them."""
    for name, recorded in seal.tails.items():
        path = table / name
        if not path.is_file():
            raise ValueError(f"Damaged gallery: {path} is missing")
        if _tail(path) != recorded:
            raise ValueError(
                f"Damaged gallery: {path} does not match its checksum"
            )


def check_files(table, seal):
    """As `check_tails`, reading the files whole."""
    verify_artifacts(table, seal.files)


def _tail(path):
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL))
        return hashlib.sha256(file.read()).hexdigest()
