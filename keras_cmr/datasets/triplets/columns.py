"""The columns of a table of triplets."""

import difflib
from collections.abc import Iterable

from keras_cmr.datasets.triplets.faults import Fault
from keras_cmr.datasets.triplets.faults import Report

REQUIRED = ("reference", "modification", "target")
OPTIONAL = ("label", "kind", "id", "split")
# "targets" and "modifcation" are slips; "target_id" is somebody's own.
_SLIP = 0.85


class Columns:
    """Checks the column names of one table, each name once.

    Attributes:
        ignored: Sorted names of the columns that are not read.
    """

    known = (*REQUIRED, *OPTIONAL)
    text = ", ".join(f"`{name}`" for name in REQUIRED)

    def __init__(self):
        self._seen: set[str] = set()
        self._ignored: set[str] = set()

    @property
    def ignored(self) -> list[str]:
        return sorted(self._ignored)

    def check(self, place: str, names: Iterable[str], report: Report) -> bool:
        """Whether the required columns are there; faults are reported."""
        names = list(names)
        missing = [name for name in REQUIRED if name not in names]
        others = [name for name in names if name not in self.known and name]
        for name in missing:
            near = difflib.get_close_matches(name, others, 1, 0.5)
            hint = f" Did you mean it by `{near[0]}`?" if near else ""
            problem = (
                f"the column `{name}` is missing.{hint} Received: the columns "
                + (", ".join(names)[:200] or "(none)")
            )
            report(Fault("missing column", place, problem))
        for name in others:
            if name in self._seen:
                continue
            self._seen.add(name)
            free = [known for known in self.known if known not in names]
            meant = _slip_of(name, free)
            if not meant or meant in missing:
                self._ignored.add(name)
                continue
            problem = (
                f"unknown column `{name}`. Did you mean `{meant}`? (Columns "
                "of your own are ignored, but need other names.)"
            )
            report(Fault("unknown column", place, problem))
        return not missing


def _slip_of(name: str, known: list[str]) -> str:
    """The known name of which `name` is a slip of the pen, or `""`."""
    lower = name.strip().lower()
    for other in known:
        if sorted(other) == sorted(lower):  # "lable"
            return other
    return "".join(difflib.get_close_matches(lower, known, 1, _SLIP))
