"""What a gallery hands back."""

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
