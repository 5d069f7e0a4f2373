"""What can be wrong with somebody's own data, and who is told."""

import dataclasses
from collections.abc import Callable


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend.

    Args:
        kind: String, a few words under which faults are counted.
        place: String, the file, with the line where there is one; `""` if
            the message begins with it.
        message: String: what was expected, what is there.
    """

    kind: str
    place: str
    message: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.place, self.message)))


# The checks hand each fault to a function. That of `validate` collects, that
# of `read` raises: one implementation of the checks, two users.
Report = Callable[[Fault], None]

MISSING = "missing image"


def stop_at_first(strict: bool) -> Report:
    """A `Report` that raises; missing images only if `strict`."""

    def report(fault: Fault) -> None:
        if strict or fault.kind != MISSING:
            raise ValueError(str(fault))

    return report
