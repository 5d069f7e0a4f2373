"""A checkpoint is one file: arrays and a record, whole or not there."""

import json
import zipfile

import numpy as np

from keras_cmr.durable import new_file

_RECORD = "record"


def write_checkpoint(path, arrays, record):
    """Writes a checkpoint, or leaves what `path` was.

    The file is an uncompressed `.npz`, whose members carry checksums
    (CRC-32) that reading compares.

    Args:
        path: `pathlib.Path`. Its folder must be there.
        arrays: Dict of name to array.
        record: What else there is to know, as JSON can hold it.
    """
    text = np.frombuffer(json.dumps(record).encode(), np.uint8)
    with new_file(path) as aside, open(aside, "wb") as file:
        np.savez(file, **arrays, **{_RECORD: text})


def read_checkpoint(path):
    """Arrays and record of a checkpoint.

    Raises:
        ValueError: If the file is damaged.
    """
    try:
        with open(path, "rb") as file:
            members = np.load(file, allow_pickle=False)
            arrays = {name: members[name] for name in members.files}
        record = json.loads(arrays.pop(_RECORD).tobytes())
    except (
        EOFError,
        KeyError,
        NotImplementedError,
        OSError,
        ValueError,
        zipfile.BadZipFile,
    ) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    return arrays, record
