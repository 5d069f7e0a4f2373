"""What a client asks for, checked before anything is spent on it."""

import json
import math
from typing import NamedTuple

from keras_cmr.retrieval.where import Where
from keras_cmr.serving.refused import Refused

FIELDS = ("image", "text", "k", "where", "exclude", "reference_id")
MAX_EXCLUDE = 1000
MAX_SEED = 999_999_999
_SENTENCE = 300


class Question(NamedTuple):
    """Arguments of `Gallery.search`, as they came and found fit.

    Args:
        image: Bytes of a picture file, or `None`.
        text: String or `None`.
        k: Int.
        where: Dict or `None`.
        exclude: List of strings.
        reference_id: String or `None`.
    """

    image: bytes | None
    text: str | None
    k: int
    where: dict | None
    exclude: list
    reference_id: str | None


def question(fields, limits):
    """Checks the fields of a request.

    Args:
        fields: Dict from name to value; `None` is the same as absent.
        limits: `Limits`.

    Returns:
        `Question`.

    Raises:
        Refused: 422.
    """
    unknown = sorted(set(fields) - set(FIELDS))
    if unknown:
        raise _refused(
            f"Fields must be of {', '.join(FIELDS)}. Received: {unknown[0]!r}"
        )
    given = {name: value for name, value in fields.items() if value is not None}
    image, text = given.get("image"), given.get("text")
    reference_id = given.get("reference_id")
    if image is None and text is None and reference_id is None:
        raise _refused("`image`, `reference_id` or `text` must be given.")
    if image is not None and not isinstance(image, bytes):
        raise _refused("`image` must be a file of a form.")
    if text is not None:
        _check_text(text, limits)
    if not isinstance(reference_id, str | None):
        raise _refused("`reference_id` must be a string.")
    exclude = given.get("exclude", [])
    if not isinstance(exclude, list) or not all(
        isinstance(id, str) for id in exclude
    ):
        raise _refused("`exclude` must be a list of ids.")
    if len(exclude) > MAX_EXCLUDE:
        raise _refused(f"`exclude` may have at most {MAX_EXCLUDE:,} ids.")
    k = given.get("k", min(10, limits.k))
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= limits.k:
        raise _refused(f"`k` must be an integer from 1 to {limits.k}.")
    where = given.get("where")
    _check_where(where)
    _check_utf8(reference_id, exclude, where)
    return Question(image, text, k, where, exclude, reference_id)


def browse_question(params, limits):
    """Checks what `GET /gallery` is asked for.

    Args:
        params: Mapping from name to string.
        limits: `Limits`.

    Returns:
        Tuple of `k`, `seed` and `where`.

    Raises:
        Refused: 422.
    """
    unknown = sorted(set(params) - {"k", "seed", "where"})
    if unknown:
        raise _refused(
            f"Parameters must be of k, seed, where. Received: {unknown[0]!r}"
        )
    most = {"k": limits.k, "seed": MAX_SEED}
    numbers = {"k": str(min(24, limits.k)), "seed": "0"}
    for name, default in numbers.items():
        text, least = params.get(name, default), int(name == "k")
        digits = text.isascii() and text.isdecimal() and len(text) < 11
        if not digits or not least <= int(text) <= most[name]:
            raise _refused(
                f"`{name}` must be an integer from {least} to {most[name]}."
            )
        numbers[name] = int(text)
    where = None
    if text := params.get("where"):
        try:
            where = parse_json(text)
        except ValueError as error:
            raise _refused(f"`where` must be JSON: {error}") from None
    _check_where(where)
    _check_utf8(where)
    return numbers["k"], numbers["seed"], where


def parse_json(text):
    """JSON of numbers that stores can hold: no NaN, no infinity, 64 bits.

    Raises:
        ValueError: If it is not that.
    """
    try:
        return json.loads(
            text, parse_constant=_number, parse_float=_number, parse_int=_int
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _number(text):
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text[:20]} is not a finite number")
    return number


def _int(text):
    if not -(2**63) <= (number := int(text)) < 2**63:
        raise ValueError(f"{text[:20]} does not fit 64 bits")
    return number


def _check_text(text, limits):
    if not isinstance(text, str) or not text.strip():
        raise _refused("`text` must be a string with a word in it.")
    if len(text) > limits.text_chars:
        raise _refused(
            f"`text` may have at most {limits.text_chars:,} characters."
        )
    _check_utf8(text)


def _check_where(where):
    try:
        Where.parse(where)
    except (TypeError, ValueError) as error:
        raise _refused(str(error)) from None


def _check_utf8(*values):
    """Refuses halves of surrogate pairs, which JSON can name."""
    try:
        json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _refused("Texts must be valid Unicode.") from None


def _refused(sentence):
    if len(sentence) > _SENTENCE:
        sentence = sentence[:_SENTENCE] + " ..."
    # A sentence may quote the client, so the quote may be no Unicode.
    return Refused(422, sentence.encode("ascii", "backslashreplace").decode())
