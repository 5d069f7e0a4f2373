"""Metadata values as people type them: in a table, on a command line."""

import json
import math

# Above it JSON readers, and databases, may round.
_LARGEST = 2**53


def value_of(text):
    """What a text means as a value of metadata.

    JSON where it is JSON (`12`, `1.5`, `true`, `["red", "blue"]`), else the
    text itself. Numbers that would not come back as they were written stay
    texts: `007`, `1e999`, and integers above 2**53, which are names.
    """
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if isinstance(value, float) and not math.isfinite(value):
        return text
    if isinstance(value, int) and abs(value) > _LARGEST:
        return text
    return value
