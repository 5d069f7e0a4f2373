"""A gallery's folder, apart from the rows: manifest, lock, index files.

    manifest.json   model, settings, which index, with checksums
    rows.lance/     the rows
    rows.json       which version of them counts, with checksums
    index-000003/   serials.npy, scann/: derived from the rows
    write.lock      held by whoever writes

Nothing in the folder names the folder: it may move.
"""

import shutil
from dataclasses import asdict

import numpy as np

from keras_cmr.durable import checksum
from keras_cmr.durable import sync
from keras_cmr.retrieval.local.manifest import MANIFEST
from keras_cmr.retrieval.local.manifest import read_manifest
from keras_cmr.retrieval.local.manifest import write_manifest
from keras_cmr.retrieval.local.seal import SEAL
from keras_cmr.retrieval.scann import ScannIndex

ROWS = "rows.lance"
_INDEXES = "index-" + 6 * "[0-9]"
_ATTEMPTS = 5


def claim_folder(folder):
    """Makes the folder of a new gallery; refuses one that is in use."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(
            f"`location` must be a folder. Received: {folder}, which is a file"
        )
    if (folder / MANIFEST).exists():
        raise ValueError(
            "`location` must not hold a gallery already; use `Gallery.open`. "
            f"Received: {folder}"
        )
    # What a killed `create` may have left: the manifest comes last.
    begun = {SEAL, SEAL + ".new", MANIFEST + ".new"}
    if folder.exists() and any(p.name not in begun for p in folder.iterdir()):
        raise ValueError(
            f"`location` must be new or empty. Received: {folder}, which "
            "holds other files"
        )
    folder.mkdir(parents=True, exist_ok=True)


def settled(folder, read):
    """What `read()` returns, again if a writer was at work meanwhile.

    A writer drops files once the manifest and the seal name others.
    """
    for attempt in range(_ATTEMPTS):
        before = _stamp(folder)
        try:
            return read()
        except (OSError, ValueError):
            # Damage stays, however busy a writer is.
            if attempt + 1 == _ATTEMPTS or _stamp(folder) == before:
                raise


def _stamp(folder):
    paths = folder / MANIFEST, folder / SEAL
    return [path.read_bytes() if path.is_file() else None for path in paths]


def save_state(folder, fingerprint, settings, engine, rows=None):
    """Writes an engine's files and the manifest that names them.

    Args:
        folder: Path of the gallery.
        fingerprint: String, the model's.
        settings: `Settings`.
        engine: `Engine`.
        rows: `Rows` that the engine was built over; not needed without an
            index.

    Returns:
        The manifest, a dict.
    """
    index = None
    if engine.index is not None:
        index = _write_index(folder, engine.index, rows, settings)
    manifest = {
        "fingerprint": fingerprint,
        **asdict(settings),
        "engine": engine.name,
        "reason": engine.reason,
        "calibration": engine.calibration,
        "index": index,
    }
    write_manifest(folder, manifest)
    _drop_indexes(folder, index)
    return manifest


def _drop_indexes(folder, kept):
    for path in folder.glob(_INDEXES):
        if kept is None or path.name != kept["folder"]:
            # What cannot go now goes with the next one.
            shutil.rmtree(path, ignore_errors=True)


def _write_index(folder, index, rows, settings):
    # What a kill or a full disk left would keep its room for ever.
    _drop_indexes(folder, read_manifest(folder)["index"])
    numbers = [int(path.name[-6:]) for path in folder.glob(_INDEXES)]
    new = folder / f"index-{max(numbers, default=0) + 1:06d}"
    new.mkdir()
    try:
        np.save(new / "serials.npy", rows.serials[index.rows])
        index.save(new / "scann")
        # ScaNN does not say whether the disk was full.
        ScannIndex.load(new / "scann", len(index.rows), settings.reorder)
        return {"folder": new.name, "artifacts": _seal(new)}
    except BaseException as error:
        shutil.rmtree(new, ignore_errors=True)
        if isinstance(error, RuntimeError | ValueError | OSError):
            # ScaNN's words for a full disk are about its own files.
            raise OSError(
                f"{folder} cannot be written; the index is as it was: {error}"
            ) from error
        raise


def _seal(folder):
    """Makes all files durable; their checksums by relative path."""
    paths = sorted(folder.rglob("*"))
    for path in [*paths, folder]:
        sync(path)
    return {
        path.relative_to(folder).as_posix(): checksum(path)
        for path in paths
        if path.is_file()
    }
