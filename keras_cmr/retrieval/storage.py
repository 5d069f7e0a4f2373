"""A gallery's folder: generations of files behind one manifest.

    manifest.json        the saved state: which generation, with checksums
    generation-000003/   vectors.npy, items.jsonl, scann/

A save writes a whole new generation beside the old one, makes it durable,
and then replaces the manifest in one step, so a kill at any instant leaves
the last saved state. Nothing in the folder names the folder: it may move.
"""

import contextlib
import shutil

import numpy as np

from keras_cmr.durable import checksum
from keras_cmr.durable import sync
from keras_cmr.retrieval.items import Items
from keras_cmr.retrieval.manifest import MANIFEST
from keras_cmr.retrieval.manifest import verify_artifacts
from keras_cmr.retrieval.manifest import write_manifest

_GENERATIONS = "generation-" + 6 * "[0-9]"


def claim_folder(folder):
    """Makes the folder of a new gallery; refuses one that is in use."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(
            f"`folder` must be a folder. Received: {folder}, which is a file"
        )
    if (folder / MANIFEST).exists():
        raise ValueError(
            "`folder` must not hold a gallery already; use `Gallery.open`. "
            f"Received: {folder}"
        )
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(
            f"`folder` must be new or empty. Received: {folder}, which holds "
            "other files"
        )
    folder.mkdir(parents=True, exist_ok=True)


@contextlib.contextmanager
def new_generation(folder):
    """A new folder beside the saved generation; removed on an error."""
    # A killed save may have left a folder with the next number.
    numbers = [int(path.name[-6:]) for path in folder.glob(_GENERATIONS)]
    generation = folder / f"generation-{max(numbers, default=0) + 1:06d}"
    generation.mkdir()
    try:
        yield generation
    except BaseException:
        shutil.rmtree(generation, ignore_errors=True)
        raise


def write_rows(generation, blocks, dim, items):
    """Writes vectors and items.

    Args:
        generation: Path.
        blocks: List of float32 arrays, the rows in order.
        dim: Int. Width of the rows.
        items: `Items`, one per row.
    """
    header = {
        "descr": np.lib.format.dtype_to_descr(np.dtype(np.float32)),
        "fortran_order": False,
        "shape": (len(items), dim),
    }
    with open(generation / "vectors.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            file.write(np.ascontiguousarray(block))
    with open(generation / "items.jsonl", "w", encoding="utf-8") as file:
        file.writelines(items.to_lines())


def seal(generation):
    """Makes all files durable.

    Returns:
        Dict from relative path to checksum, for the manifest.
    """
    paths = sorted(generation.rglob("*"))
    for path in [*paths, generation]:
        sync(path)
    return {
        path.relative_to(generation).as_posix(): checksum(path)
        for path in paths
        if path.is_file()
    }


def commit(folder, manifest):
    """Makes a written generation the saved state and drops all others."""
    write_manifest(folder, manifest)
    for path in folder.glob(_GENERATIONS):
        if path.name != manifest["generation"]:
            # The save is done; what cannot go now goes with the next one.
            shutil.rmtree(path, ignore_errors=True)


def read_rows(generation, artifacts):
    """Checks every file of a generation and opens vectors and items.

    Returns:
        `(vectors, items)`: a read-only memory-mapped float32 array of shape
        `(rows, dim)`, and `Items`.
    """
    verify_artifacts(generation, artifacts)
    with open(generation / "items.jsonl", encoding="utf-8") as file:
        items = Items.from_lines(file)
    return map_vectors(generation), items


def map_vectors(generation):
    """The vectors of a generation, memory-mapped and read-only."""
    return np.load(generation / "vectors.npy", mmap_mode="r")
