"""What a gallery is told once, when it is made."""

from dataclasses import dataclass
from numbers import Real

from keras_cmr.retrieval.scann import MINIMUM_ROWS

REORDERS = ("mapped", "bfloat16", "int8")


@dataclass(frozen=True)
class Settings:
    """When ScaNN is used and how well it must search.

    Args:
        recall_target: Float in (0, 1]. Share of the true best candidates
            that ScaNN must find on calibration queries.
        exact_below: Int. Galleries with fewer images are searched exactly.
        reorder: String. By what the index's candidates are ordered first:
            `"mapped"`, the vectors on disk, or a copy in memory as
            `"bfloat16"` or `"int8"` (2 and 1 bytes a number), for disks on
            which a hundred short reads a query are slow. The best are always
            ordered by the vectors themselves.
    """

    recall_target: float = 0.98
    # ScaNN answers sooner from fewer images on already; up to here exact search
    # is quick enough that a save need not wait for an index.
    exact_below: int = 20_000
    reorder: str = "mapped"

    def __post_init__(self):
        target, least = self.recall_target, self.exact_below
        if isinstance(target, bool) or not isinstance(target, Real):
            raise TypeError(
                f"`recall_target` must be a number. Received: {target!r}"
            )
        if self.reorder not in REORDERS:
            raise ValueError(
                f"`reorder` must be one of {REORDERS}. "
                f"Received: {self.reorder!r}"
            )
        if not 0 < target <= 1:
            raise ValueError(
                "`recall_target` must be above 0 and at most 1. "
                f"Received: {target}"
            )
        if isinstance(least, bool) or not isinstance(least, int):
            raise TypeError(
                f"`exact_below` must be an integer. Received: {least!r}"
            )
        if least < MINIMUM_ROWS:
            raise ValueError(
                f"`exact_below` must be at least {MINIMUM_ROWS}: with fewer "
                f"images ScaNN cannot be trained. Received: {least}"
            )
