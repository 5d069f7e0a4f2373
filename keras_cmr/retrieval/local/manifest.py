"""The manifest: what a gallery's folder holds, and how to tell damage."""

import hashlib
import json

from keras_cmr.durable import checksum
from keras_cmr.durable import replace_file

MANIFEST = "manifest.json"
FORMAT = 2


def write_manifest(folder, manifest):
    """Replaces the manifest atomically, adding format and own checksum."""
    body = {"format": FORMAT, **manifest}
    body["sha256"] = digest(body)
    replace_file(folder / MANIFEST, json.dumps(body, indent=1) + "\n")


def read_manifest(folder):
    """Reads the manifest; damage and other formats are errors.

    Returns:
        Dict as given to `write_manifest`.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ValueError(
            "`location` must hold a gallery; make one with `Gallery.create`. "
            f"Received: {folder}, which has no {MANIFEST}"
        )
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        version, recorded = body.pop("format"), body.pop("sha256")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"Damaged gallery: {path} is not readable") from error
    # The version comes first: another format may sum itself another way.
    if version != FORMAT:
        raise ValueError(
            f"Gallery of another format: {path} has format {version!r}, "
            f"this version of keras_cmr reads format {FORMAT}; index the "
            "images anew"
        )
    if recorded != digest({"format": version, **body}):
        raise ValueError(f"Damaged gallery: {path} does not match its checksum")
    return body


def verify_artifacts(folder, artifacts):
    """Compares every file of a folder with its recorded checksum.

    Args:
        folder: Path.
        artifacts: Dict from relative path to `durable.checksum` result.
    """
    for name, recorded in artifacts.items():
        path = folder / name
        if not path.is_file():
            raise ValueError(f"Damaged gallery: {path} is missing")
        size = path.stat().st_size
        if size != recorded["bytes"]:
            raise ValueError(
                f"Damaged gallery: {path} must have {recorded['bytes']} "
                f"bytes. Received: {size}"
            )
        if checksum(path) != recorded:
            raise ValueError(
                f"Damaged gallery: {path} does not match its checksum"
            )


def digest(body):
    """SHA-256 of a dict that JSON can hold."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
