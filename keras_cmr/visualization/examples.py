"""A query with its ranked answers, as pictures show it."""

import dataclasses
import numbers

import numpy as np

from keras_cmr.visualization.pixels import check_pixels


@dataclasses.dataclass(frozen=True, eq=False)
class RankedHit:
    """One picture that a search found.

    Args:
        pixels: `uint8` array `(height, width, 3)`.
        score: float. What the search ranked by, larger is better.
        correct: bool, or `None` where nobody knows (a search in a gallery
            without labels). Defaults to `None`.
        caption: str. A few words about the picture. Defaults to `""`.
    """

    pixels: np.ndarray
    score: float
    correct: bool | None = None
    caption: str = ""

    def __post_init__(self):
        check_pixels(self.pixels, "pixels")
        if not isinstance(self.score, numbers.Real):
            raise TypeError(
                "`score` must be a number. "
                f"Received: {type(self.score).__name__}."
            )
        if not isinstance(self.correct, bool | np.bool_ | None):
            raise TypeError(
                "`correct` must be True, False or None. "
                f"Received: {self.correct!r}."
            )
        check_text(self.caption, "caption")


@dataclasses.dataclass(frozen=True, eq=False)
class RankedExample:
    """A query and its first hits, best first.

    Args:
        reference: `uint8` array `(height, width, 3)`, or `None` where the
            question is a text alone.
        modification: str. The requested change.
        hits: Sequence of `RankedHit`, best first.
        target: `uint8` array `(height, width, 3)`. The wanted picture, shown
            where no hit is correct. Defaults to `None`: not known.
        rank: int. 1-based place of the first right answer among all
            candidates, `0` if the gallery holds none. Defaults to `None`:
            not known.
        shading: Sequence of pairs of str and float: the modification in
            pieces, each with a weight in `[-1, 1]`, by which a page shades
            it. Defaults to `()`: no shades.
        remark: str. What to say about the query. Defaults to `""`.

    Example:
    ```python
    import numpy as np
    import keras_cmr.visualization as visualization

    white = np.full((64, 64, 3), 255, np.uint8)
    hit = visualization.RankedHit(white, score=0.9, correct=True)
    example = visualization.RankedExample(white, "add red cube", [hit], rank=1)
    visualization.ranked_pictures([example]).save("ranked.png")
    ```
    """

    reference: np.ndarray | None
    modification: str
    hits: tuple[RankedHit, ...]
    target: np.ndarray | None = None
    rank: int | None = None
    shading: tuple[tuple[str, float], ...] = ()
    remark: str = ""

    def __post_init__(self):
        if self.reference is not None:
            check_pixels(self.reference, "reference")
        check_text(self.modification, "modification")
        check_text(self.remark, "remark")
        object.__setattr__(self, "shading", tuple(self.shading))
        for piece, weight in self.shading:
            check_text(piece, "shading")
            if not -1 <= weight <= 1:
                raise ValueError(
                    "`shading` must have weights in [-1, 1]. "
                    f"Received: {weight!r} for {piece!r}."
                )
        object.__setattr__(self, "hits", tuple(self.hits))
        for hit in self.hits:
            if not isinstance(hit, RankedHit):
                raise TypeError(
                    "`hits` must hold `RankedHit` objects. "
                    f"Received: {type(hit).__name__}."
                )
        if self.target is not None:
            check_pixels(self.target, "target")
        if self.rank is not None and not (
            isinstance(self.rank, int | np.integer) and self.rank >= 0
        ):
            raise ValueError(
                "`rank` must be an integer of at least 0, or None. "
                f"Received: {self.rank!r}."
            )

    @property
    def shows_target(self):
        """Whether the target is to be shown after the hits."""
        found = any(hit.correct for hit in self.hits)
        return self.target is not None and not found

    @property
    def place(self):
        """Where the first right answer came, in words; `""` if unknown."""
        if self.rank is None:
            return ""
        return f"rank {self.rank:,}" if self.rank else "not in the gallery"


def check_text(value, name):
    """Raise unless `value` is a string."""
    if not isinstance(value, str):
        raise TypeError(
            f"`{name}` must be a string. Received: {type(value).__name__}."
        )
