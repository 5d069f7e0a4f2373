"""What a gallery hands back."""

from copy import deepcopy
from dataclasses import dataclass
from dataclasses import field


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
    metadata: dict = field(default_factory=dict)


def hits_of(items, rows, scores):
    """The `Hit`s of a query, the best first.

    Args:
        items: `Items` of the gallery.
        rows: List of row numbers, the best first.
        scores: List of cosines.
    """
    return [
        Hit(
            id=items.ids[row],
            score=score,
            rank=rank,
            path=items.paths[row],
            # The gallery's own must not change with what a user does to it.
            metadata=deepcopy(items.metadata[row]),
        )
        for rank, (row, score) in enumerate(
            zip(rows, scores, strict=True), start=1
        )
    ]


@dataclass(frozen=True)
class AddSummary:
    """What one `Gallery.add` did.

    Args:
        added: Int. Number of images that are in the gallery now and were
            not before.
        skipped: List of `(id, reason)`, one per unreadable image.
    """

    added: int
    skipped: list[tuple[str, str]] = field(default_factory=list)
