"""What a gallery's pictures may be filtered by, seen on some of them."""

import collections
import json
from numbers import Real

# The page shows no more than these.
MAX_KEYS = 12
MAX_CHOICES = 24
MAX_SUGGESTED = 100
_MAX_CHARS = 100


def facets_of(metadata):
    """Keys of metadata, with what a person may choose of each.

    Args:
        metadata: List of dicts, of a sample of a gallery.

    Returns:
        List of dicts, the commonest keys first, with `key` and `kind`:
        `"number"` with `least` and `most`; `"choice"`, whose values are few,
        `"text"`, whose values are many, and `"list"`, of which an entry may
        be asked for, with `values`, the commonest first. Left out are keys
        that hold objects, those that begin with `_`, and texts that are
        another for most images: nobody could type such a one exactly.
    """
    columns = {}
    for entry in metadata:
        for key, value in entry.items():
            if len(key) <= _MAX_CHARS and not key.startswith("_"):
                columns.setdefault(key, []).append(value)
    found = []
    for key in sorted(columns, key=lambda key: -len(columns[key])):
        facet = _facet(columns[key])
        if facet is not None:
            found.append({"key": key, **facet})
    return found[:MAX_KEYS]


def _facet(values):
    if all(_is_number(value) for value in values):
        return {"kind": "number", "least": min(values), "most": max(values)}
    if all(isinstance(value, list) for value in values):
        entries = [entry for value in values for entry in value]
        common = _commonest(entries, MAX_SUGGESTED)
        return {"kind": "list", "values": common} if common else None
    counts = _counts(values)
    if not counts:
        return None
    if len(counts) <= MAX_CHOICES:
        return {"kind": "choice", "values": _commonest(values, MAX_CHOICES)}
    if len(counts) > len(values) / 2:
        return None
    return {"kind": "text", "values": _commonest(values, MAX_SUGGESTED)}


def _commonest(values, most):
    common = _counts(values).most_common(most)
    return [json.loads(text) for text, _ in common]


def _counts(values):
    """How often each value is there, by its JSON: `true` is not `1`."""
    return collections.Counter(
        json.dumps(value)
        for value in values
        if isinstance(value, bool | Real)
        or (isinstance(value, str) and 0 < len(value) <= _MAX_CHARS)
    )


def _is_number(value):
    return isinstance(value, Real) and not isinstance(value, bool)
