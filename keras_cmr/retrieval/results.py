"""What a gallery hands back."""

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from typing import Any


@dataclass(frozen=True)
class Hit:
    """One candidate found by a search.

    Args:
        id: String. The candidate's id in the gallery.
        score: Float. Cosine of query and candidate embedding, in [-1, 1].
        rank: Int. Place in the result list, 1 for the best.
        path: String or `None`. Absolute path of the image file, if the
            image was added from a file.
        metadata: Dict. What was given to `Gallery.add` for this image.
    """

    id: str
    score: float
    rank: int
    path: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


class Hits(list[Hit]):
    """`Hit`s of one query, the best first.

    Args:
        hits: Iterable of `Hit`s.
        reason: String or `None`. Why there are fewer than were asked for.
    """

    def __init__(self, hits: Iterable[Hit] = (), reason: str | None = None):
        super().__init__(hits)
        self.reason = reason

    @classmethod
    def of(cls, found, k, excluded, where):
        """The hits of what a backend found.

        Args:
            found: List of `(Record, cosine)`, the best first.
            k: Int. How many were asked for.
            excluded: Int. How many were excluded.
            where: `Where` or `None`.
        """
        reason = None
        if len(found) < k:
            reason = f"only {len(found)} candidates"
            if where is not None:
                reason += f" where {where}"
            if excluded:
                reason += f", {excluded} excluded"
        hits = (
            Hit(record.id, float(score), rank, record.path, record.metadata)
            for rank, (record, score) in enumerate(found, start=1)
        )
        return cls(hits, reason)


@dataclass(frozen=True)
class AddSummary:
    """What one `Gallery.add` or `update` did.

    Args:
        added: Int. Number of images written.
        skipped: List of `(id, reason)`, one per unreadable image.
    """

    added: int
    skipped: list[tuple[str, str]] = field(default_factory=list)
