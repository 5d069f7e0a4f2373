"""What a bulk run did."""

from dataclasses import dataclass
from dataclasses import field


@dataclass(frozen=True)
class BulkSummary:
    """What one `index_images`, `embed_images` or `load_shards` did.

    Args:
        written: Int. Images written by this run.
        kept: Int. Images that were there already.
        skipped: List of `(id, reason)`, one per unreadable image.
        seconds: Float. How long this run took.
    """

    written: int
    kept: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def images_per_second(self) -> float:
        """Images written in a second of this run, its start included."""
        return self.written / self.seconds if self.seconds else 0.0

    def __str__(self):
        text = f"{self.written:,} pictures written"
        if self.written:
            text += (
                f" in {self.seconds:,.1f} s "
                f"({self.images_per_second:,.1f} a second)"
            )
        if self.kept:
            text += f", {self.kept:,} there already"
        if self.skipped:
            text += f", {len(self.skipped):,} unreadable"
        return text
