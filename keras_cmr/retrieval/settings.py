"""What a gallery is told once, when it is made."""

from dataclasses import dataclass
from numbers import Real

from keras_cmr.retrieval.scann import MINIMUM_ROWS


@dataclass(frozen=True)
class Settings:
    """When ScaNN is used and how well it must search.

    Args:
        recall_target: Float in (0, 1]. Share of the true best candidates
            that ScaNN must find on calibration queries.
        exact_below: Int. Galleries with fewer images are searched exactly.
    """

    recall_target: float = 0.98
    # Measured on one core with 256 and 512 dimensions: ScaNN answers a batch
    # sooner from 5,000 to 10,000 images on, but up to here exact search needs
    # about 0.25 ms a query in a batch and 1.5 ms alone, and a save need not
    # spend 3 to 6 s on an index.
    exact_below: int = 20_000

    def __post_init__(self):
        target, least = self.recall_target, self.exact_below
        if isinstance(target, bool) or not isinstance(target, Real):
            raise TypeError(
                f"`recall_target` must be a number. Received: {target!r}"
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
