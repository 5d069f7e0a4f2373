"""One thing that was looked for in a benchmark."""

import dataclasses

LEVELS = ("leak", "note", "ok")


@dataclasses.dataclass(frozen=True)
class Finding:
    """What one check found.

    Args:
        name: str. What was looked for.
        level: str. `"leak"`: figures of the test split profit from what
            they test. `"note"`: worth knowing. `"ok"`: looked for, not found.
        count: int. How many were found.
        total: int. Of how many.
        text: str. What was counted and what it does to a figure.
        examples: Tuple of str. A few of them.
    """

    name: str
    level: str
    count: int
    total: int
    text: str
    examples: tuple[str, ...] = ()


def found(name, bad, count, total, text, examples=()):
    """A `Finding` of level `bad` if there is something to find, else ok."""
    level = bad if count else "ok"
    return Finding(name, level, int(count), int(total), text, tuple(examples))
