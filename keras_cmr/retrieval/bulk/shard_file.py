"""One shard: the embeddings of some images in one file.

A zip file without compression, which `numpy.load` opens as well:

    header.json     format, fingerprint of the model, digest of the input,
                    SHA-256 of each of the other three
    vectors.npy     float32 array of shape (n, dim), rows of length 1
    rows.jsonl      a line a row: {"id", "path", "metadata"}
    skipped.jsonl   a line an unreadable image: {"id", "reason"}

The same input and model give the same bytes.
"""

import hashlib
import io
import json
import zipfile
from typing import NamedTuple

import numpy as np

from keras_cmr.durable import replace_file
from keras_cmr.retrieval.backend import NewRows

FORMAT = 1
_MEMBERS = ("vectors.npy", "rows.jsonl", "skipped.jsonl")


class Shard(NamedTuple):
    """What a shard's file holds.

    Args:
        fingerprint: String, that of the model.
        digest: String, that of the input: `parts.digest`.
        rows: `NewRows`.
        skipped: List of `(id, reason)`.
    """

    fingerprint: str
    digest: str
    rows: NewRows
    skipped: list[tuple[str, str]]


def write_shard(path, shard):
    """Puts a shard's file in place in one step."""
    rows = shard.rows
    vectors = io.BytesIO()
    np.save(vectors, rows.vectors, allow_pickle=False)
    columns = zip(rows.ids, rows.paths, rows.metadata, strict=True)
    contents = dict(
        zip(
            _MEMBERS,
            (
                vectors.getvalue(),
                json_lines(("id", "path", "metadata"), columns),
                json_lines(("id", "reason"), shard.skipped),
            ),
            strict=True,
        )
    )
    header = {
        "format": FORMAT,
        "fingerprint": shard.fingerprint,
        "digest": shard.digest,
        "sha256": {name: _sha256(own) for name, own in contents.items()},
    }
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, own in {
            "header.json": json.dumps(header, indent=1).encode(),
            **contents,
        }.items():
            # A date of its own would make equal shards differ.
            archive.writestr(zipfile.ZipInfo(name), own)
    replace_file(path, whole.getvalue())


def read_shard(path):
    """The `Shard` of a file, its checksums compared."""
    whole = io.BytesIO(path.read_bytes())
    try:
        with zipfile.ZipFile(whole) as archive:
            header = json.loads(archive.read("header.json"))
            version = header["format"]
            contents = [archive.read(name) for name in _MEMBERS]
    # On damaged files `zipfile` raises nearly any type.
    except Exception as error:
        raise _damaged(path, error) from None
    if version != FORMAT:
        raise ValueError(
            f"{path} has format {version}, of another version of keras_cmr. "
            f"This one reads {FORMAT}"
        )
    for name, own in zip(_MEMBERS, contents, strict=True):
        if _sha256(own) != header["sha256"].get(name):
            raise _damaged(path, f"another checksum of {name}")
    vectors = np.load(io.BytesIO(contents[0]), allow_pickle=False)
    rows, skipped = (
        [json.loads(line) for line in own.decode().split("\n") if line]
        for own in contents[1:]
    )
    return Shard(
        header["fingerprint"],
        header["digest"],
        NewRows(
            [row["id"] for row in rows],
            vectors,
            [row["path"] for row in rows],
            [row["metadata"] for row in rows],
        ),
        [(entry["id"], entry["reason"]) for entry in skipped],
    )


def json_lines(names, rows):
    """UTF-8 bytes with one JSON object a line."""
    lines = [
        json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False)
        for row in rows
    ]
    # A path may hold bytes that are no UTF-8; as an escape it survives.
    return "".join(f"{line}\n" for line in lines).encode(
        errors="backslashreplace"
    )


def _sha256(content):
    return hashlib.sha256(content).hexdigest()


def _damaged(path, error):
    return ValueError(
        f"Damaged shard: {path} ({error}). Delete it, and `embed_images` "
        "makes it again"
    )
