"""Damaged annotation files: read, or refused with an error that names them."""

import copy
import json
import os
import warnings
from pathlib import Path

from hypothesis import strategies as st

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=4),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=1),
    st.sampled_from(
        [
            "../secret",
            "./../secret.png",
            "/etc/passwd",
            "a/../../secret",
            "a\\b",
            ".",
            "\ud800",
            "a\0",
            "x" * 10_000,
            10**30,
        ]
    ),
)
ODD_BYTES = st.sampled_from(
    [
        b"",
        b"\0",
        b"\xff\xfe",
        "ombré".encode("latin-1"),
        b"[" * 50_000,
        b"9" * 5_000,
        b'"../secret"',
        b"\t\t\n",
        b"}",
        b"NaN",
        b'"\\ud800"',
    ]
)


def damaged_bytes(content: bytes, draw) -> bytes:
    """`content` cut off, or with something else in the place of a piece."""
    start = draw(st.integers(0, len(content)))
    if draw(st.booleans()):
        return content[:start]
    stop = draw(st.integers(start, min(len(content), start + 40)))
    return content[:start] + draw(ODD_BYTES) + content[stop:]


def odd_json(content: bytes, draw) -> bytes:
    """JSON with one value replaced, removed or doubled."""
    value = json.loads(content)
    node = value
    while True:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        key = draw(st.sampled_from(list(keys)))
        inner = node[key]
        if not isinstance(inner, list | dict) or not inner:
            break
        if draw(st.integers(0, 3)) == 0:
            break
        node = inner
    change = draw(st.sampled_from(["replace", "remove", "double"]))
    if change == "replace":
        node[key] = draw(ODD)
    elif change == "remove":
        del node[key]
    elif isinstance(node, list):
        node.append(copy.deepcopy(inner))
    else:
        node[draw(st.text(max_size=2))] = inner
    return json.dumps(value).encode()


def read_or_named(read, folder: Path) -> str:
    """The message of the error that `read` raises, or `""`.

    Fails unless the error is one that names a file of `folder`, or what was
    read lies in `folder`.
    """
    root = str(folder.resolve())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            benchmark = read(folder)
        except (ValueError, FileNotFoundError) as error:
            assert root in str(error), repr(error)
            return str(error)
    for split in (benchmark.train, benchmark.test, benchmark.server):
        for path in split.images.pixels.paths if split else ():
            assert os.path.realpath(path).startswith(root + os.sep)
    return ""
