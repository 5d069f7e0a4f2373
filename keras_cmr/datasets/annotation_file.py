"""Reading annotation files that may hold anything."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

# The largest real one, Fashion200k's, has 20 MB.
MAX_BYTES = 2**28


def read_text(path: str | os.PathLike) -> str:
    """The text of a UTF-8 file.

    Raises:
        FileNotFoundError: Naming the file.
        ValueError: For a folder, a link into another folder, another
            encoding (naming the line) or a file of more than 256 MiB, which
            is none of these benchmarks'.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"There is no file {path}.")
    if not path.is_file():
        raise ValueError(f"{path} must be a file, and it is none.")
    refuse_link_out(path)
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(
            f"{path} must have at most {MAX_BYTES:,} bytes. "
            f"Received: {path.stat().st_size:,} bytes"
        )
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path}, line {line}: the text must be UTF-8. Received: "
            f"{content[error.start : error.end]!r}"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ValueError(f"{path}, line {line}: the text holds a NUL byte.")
    return text


def refuse_link_out(path: Path) -> None:
    """Raises for a link into another folder.

    What comes from the internet must not lead to a user's other files.
    """
    real = path.resolve()
    if real.parent != path.parent.resolve():
        raise ValueError(
            f"{path} must lie in its folder. Received: a link to {real}"
        )


def read_lines(path: str | os.PathLike) -> Iterator[tuple[int, str]]:
    """Number and text of each line that is not blank; see `read_text`."""
    # Not `splitlines`, which also cuts at separators inside a caption.
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        line = line.removesuffix("\r")
        if line.strip():
            yield number, line


def read_json(path: str | os.PathLike):
    """The value in a JSON file; see `read_text` and `distinct_names`."""
    text = read_text(path)
    try:
        return json.loads(text, object_pairs_hook=distinct_names)
    except (ValueError, RecursionError) as error:
        place = _place(path, error, str(path))
        raise ValueError(f"{place}: not JSON: {error}") from None


def distinct_names(pairs: list[tuple[str, object]]) -> dict:
    """The dict of a JSON object, for `object_pairs_hook`.

    A name that occurs twice is an error: Python would keep the last value
    and lose the others in silence.
    """
    record = dict(pairs)
    if len(record) < len(pairs):
        seen = set()
        twice = next(n for n, _ in pairs if n in seen or seen.add(n))
        raise ValueError(f"the name {twice[:80]!r} occurs twice")
    return record


def read_records(
    path: str | os.PathLike,
) -> Iterator[tuple[str, dict]]:
    """Place ("file, line n") and content of each object of a JSON list.

    The place is for errors about that object. See `read_text` and
    `distinct_names`.
    """
    text = read_text(path)
    decoder = json.JSONDecoder(object_pairs_hook=distinct_names)
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        raise ValueError(
            f"{path} must hold a JSON list of objects. Received: it starts "
            f"with {text[at : at + 20]!r}"
        )
    line, counted = 1, 0
    at = _skip(text, at + 1)
    if text[at : at + 1] == "]":
        raise ValueError(
            f"{path} must hold a JSON list of at least one object. "
            "Received: an empty list"
        )
    while True:
        line, counted = line + text.count("\n", counted, at), at
        place = f"{path}, line {line}"
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            place = _place(path, error, place)
            raise ValueError(f"{place}: not JSON: {error}") from None
        if not isinstance(value, dict):
            raise ValueError(
                f"{place}: every entry must be an object. "
                f"Received: {str(value)[:80]!r}"
            )
        yield place, value
        at = _skip(text, at)
        mark = text[at : at + 1]
        if mark not in (",", "]"):
            raise ValueError(
                f"{path}, line {text.count(chr(10), 0, at) + 1}: not JSON: "
                f"expected ',' or ']'. Received: {text[at : at + 20]!r}"
            )
        at = _skip(text, at + 1)
        if mark == "]":
            return _check_end(path, text, at)


def field(place: str, record: dict, name: str, kind: type | tuple[type, ...]):
    """`record[name]`, checked; `place` says where it stands.

    Args:
        place: str. As `read_records` gives it.
        record: Dict.
        name: str.
        kind: Type or tuple of types of the value; True is no number.
    """
    value = record.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        wanted = " or ".join(one.__name__ for one in kinds)
        raise ValueError(
            f"{place}: `{name}` must be of type {wanted}. Received: "
            + (f"{str(value)[:80]!r}" if name in record else "nothing")
        )
    return value


def text_list(place: str, record: dict, name: str) -> list[str]:
    """`record[name]`, a list of strings, checked."""
    value = field(place, record, name, list)
    for item in value:
        if not isinstance(item, str):
            raise ValueError(
                f"{place}: `{name}` must be a list of strings. "
                f"Received: {str(item)[:80]!r} in it"
            )
    return value


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _check_end(path, text: str, at: int) -> None:
    if _skip(text, at) != len(text):
        raise ValueError(f"{path}: more text after the list.")


def _place(path, error, otherwise: str) -> str:
    line = getattr(error, "lineno", None)
    return f"{path}, line {line}" if line else otherwise
