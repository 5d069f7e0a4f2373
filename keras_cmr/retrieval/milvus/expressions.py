"""Conditions in Milvus's filter language, by way of columns of our own.

Milvus's own JSON comparisons take `true` for `1` in places, know nothing of
integers beyond 64 bits, and need text quoted. So each row carries `tags`,
a 64-bit hash of each statement that can be asked for ("brand is 'x'",
"colours contain 'red'", "price is there"), and `numbers`, its numbers as
floats. No text of a user is ever part of an expression.

An expression holds for every row that the condition holds for. It may hold
for others, in principle where hashes meet and where numbers beyond 2**53
are compared, so the caller asks `Where.holds` of what it gets.
"""

import functools
import json
from hashlib import blake2b

_LARGEST = 1.7976931348623157e308
# Below, no two integers are the same float.
_EXACT = 2**53
_SIGNS = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}
NOTHING = "seq < 0"


def path_key(path):
    """64-bit number that stands for a path; 0 for none."""
    return 0 if path is None else _hash("path", path)


def tags_of(metadata):
    """List of the statements that hold of metadata, as 64-bit numbers."""
    tags = set()
    for key, value in metadata.items():
        tags.add(_hash("has", key))
        if isinstance(value, list):
            entries = [e for e in value if _is_scalar(e)]
            tags.update(_hash("contains", key, _text(e)) for e in entries)
        elif _is_scalar(value):
            tags.add(_hash("is", key, _text(value)))
    return sorted(tags)


def numbers_of(metadata):
    """Dict of the numbers in metadata, as floats."""
    return {
        _number_name(key): _as_float(value)
        for key, value in metadata.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def expression_of(where):
    """The filter of a `Where`, a string."""
    return " and ".join(_expression(c) for c in where.conditions)


def _expression(condition):
    key, operator, value = condition
    if operator == "$in":
        tags = sorted({_hash("is", key, _text(v)) for v in value})
        return f"array_contains_any(tags, {tags})" if tags else NOTHING
    if operator == "$ne":
        same = _hash("is", key, _text(value))
        there = _hash("has", key)
        return (
            f"array_contains(tags, {there}) and "
            f"not array_contains(tags, {same})"
        )
    if operator == "$contains":
        return f"array_contains(tags, {_hash('contains', key, _text(value))})"
    sign = _SIGNS[operator]
    bound = _as_float(value)
    if bound != value or abs(bound) >= _EXACT:
        sign = sign[0] + "="
    return f'numbers["{_number_name(key)}"] {sign} {bound!r}'


def _is_scalar(value):
    return isinstance(value, str | int | float)


def _text(value):
    """The same text for values that `Where` takes for equal, and only then."""
    if isinstance(value, bool):
        return f"bool {value}"
    if isinstance(value, str):
        return f"text {value}"
    if value in (float("inf"), float("-inf")) or value != int(value):
        return f"number {value!r}"
    return f"number {int(value)}"


def _as_float(value):
    try:
        number = float(value)
    except OverflowError:
        number = _LARGEST if value > 0 else -_LARGEST
    return min(max(number, -_LARGEST), _LARGEST)


def _number_name(key):
    return f"n{_hash('number', key) & (2**64 - 1):x}"


# The same few statements are made of most rows.
@functools.lru_cache(1 << 16)
def _hash(*statement):
    text = json.dumps(statement).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), signed=True)
