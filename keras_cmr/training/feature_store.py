"""What a frozen encoder gives for many images, computed once, on disk."""

import hashlib
import json

import keras
import numpy as np
from tqdm import tqdm

from keras_cmr.datasets import ImageFiles
from keras_cmr.datasets.load import cache_folder
from keras_cmr.durable import checksum
from keras_cmr.durable import replace_file
from keras_cmr.durable import sync
from keras_cmr.models.any_batch import outputs
from keras_cmr.models.fingerprint import add_weights
from keras_cmr.models.fingerprint import nameless
from keras_cmr.models.on_features import extractor
from keras_cmr.write_lock import write_lock

# Raise it with every change of what is stored.
VERSION = 1
BATCH = 64
# Rows between two marks from which a stopped extraction goes on.
ROWS_PER_MARK = 16 * BATCH
WAIT_SECONDS = 3600


def stored_features(encoder, maps, pixels, folder=None, verbose=1):
    """Rows of features of all images, read from the disk or put there.

    They are kept under the hash of all that decides them: the backbone's
    architecture and weights, what is done to the pixels before, the images'
    bytes and their size. A stopped extraction goes on where it stood. Numbers
    are float16, which changes an embedding by less than a thousandth.

    Args:
        encoder: `ImageEncoder` with a frozen backbone.
        maps: Sequence of str, see `keras_cmr.models.on_features`.
        pixels: Uint8 array `(n, height, width, 3)` or `ImageFiles`.
        folder: `pathlib.Path`. Defaults to `features` in the environment
            variable `KERAS_CMR_CACHE`, or in `~/.cache/keras_cmr`.
        verbose: `0` hides the progress bar.

    Returns:
        Read-only float16 array `(n, numbers)`, mapped from its file.

    Raises:
        ValueError: If the file was damaged, or a feature is too large.
    """
    model = extractor(encoder, maps)
    home = folder or cache_folder() / "features"
    home = home / _key(encoder, model, maps, pixels)
    home.mkdir(parents=True, exist_ok=True)
    # Another program may be at it: what it leaves is taken.
    with write_lock(home, WAIT_SECONDS):
        if not (home / "done.json").exists():
            _extract(model, pixels, home, verbose)
    path = home / "features.npy"
    known = json.loads((home / "done.json").read_text())
    if not path.exists() or checksum(path) != known:
        raise ValueError(
            f"The stored features in {home} are damaged: remove that folder "
            "to have them computed again."
        )
    return np.load(path, mmap_mode="r")


def _extract(model, pixels, home, verbose):
    shape = (len(pixels), model.output.shape[-1])
    partial, mark = home / "partial.npy", home / "mark.json"
    first = 0
    # A kill after the last row leaves a mark alone.
    if mark.exists() and partial.exists():
        first = json.loads(mark.read_text())["rows"]
        rows = np.lib.format.open_memmap(partial, mode="r+")
    else:
        rows = np.lib.format.open_memmap(
            partial, mode="w+", dtype="float16", shape=shape
        )
    with tqdm(
        total=len(pixels),
        initial=first,
        desc="features",
        unit="image",
        disable=not verbose,
    ) as bar:
        for start in range(first, len(pixels), BATCH):
            batch = outputs(model, pixels[start : start + BATCH])
            # Not `>`, which NaN would pass.
            if not np.abs(batch).max() <= np.finfo("float16").max:
                raise ValueError(
                    "`cache_features` keeps float16 numbers, up to 65,504. "
                    f"Received: a feature of {np.abs(batch).max()}"
                )
            rows[start : start + BATCH] = batch
            bar.update(len(batch))
            if (start + BATCH) % ROWS_PER_MARK == 0:
                rows.flush()
                replace_file(mark, json.dumps({"rows": start + BATCH}))
    rows.flush()
    del rows
    sync(partial)
    path = partial.replace(home / "features.npy")
    replace_file(home / "done.json", json.dumps(checksum(path)))
    mark.unlink(missing_ok=True)


def _key(encoder, model, maps, pixels):
    described = {
        "version": VERSION,
        "backbone": nameless(
            keras.saving.serialize_keras_object(encoder.backbone)
        ),
        "image_size": encoder.image_size,
        "pooling": encoder.pooling,
        "scale": encoder.scale,
        "offset": encoder.offset,
        "maps": list(maps),
    }
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    add_weights(digest, model.weights)
    if isinstance(pixels, ImageFiles):
        digest.update(pixels.digest().encode())
    else:
        digest.update(f"{pixels.shape}".encode())
        digest.update(np.ascontiguousarray(pixels))
    return digest.hexdigest()[:32]
