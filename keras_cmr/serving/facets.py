"""What a gallery's pictures may be filtered by, seen on some of them."""

import collections
import json
from numbers import Real

# The page shows no more than these.
MAX_KEYS = 12
MAX_VALUES = 24
_MAX_CHARS = 100


def facets_of(metadata):
    """Keys of metadata, with what a person may choose of each.

    Args:
        metadata: List of dicts, of a sample of a gallery.

    Returns:
        List of dicts, the commonest keys first, with `key` and `kind`:
        `"number"` with `least` and `most`; `"choice"`, every value seen, and
        `"text"`, of more values than can be listed, and `"list"` (one of its
        entries may be asked for), with `values`, the commonest first. Keys
        that hold objects, or a text of its own for each of many images, are
        left out.
    """
    columns = {}
    for entry in metadata:
        for key, value in entry.items():
            if len(key) <= _MAX_CHARS:
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
        common = _commonest(entries)
        return {"kind": "list", "values": common} if common else None
    counts = _counts(values)
    if not counts:
        return None
    if len(counts) <= MAX_VALUES:
        return {"kind": "choice", "values": _commonest(values)}
    if max(counts.values()) == 1:
        return None
    return {"kind": "text", "values": _commonest(values)}


def _commonest(values):
    common = _counts(values).most_common(MAX_VALUES)
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
