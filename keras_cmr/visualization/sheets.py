"""Groups of small pictures, to be looked at."""

import dataclasses

import numpy as np

from keras_cmr.visualization.examples import check_text
from keras_cmr.visualization.pixels import check_pixels


@dataclasses.dataclass(frozen=True)
class Sheet:
    """A titled sequence of groups of pictures, a row of pictures each.

    Args:
        title: str. What the groups have in common.
        groups: Sequence of groups. A group is a sequence of pairs: a uint8
            array `(height, width, 3)` and a str under it.
        note: str. How to read it, shown above. Defaults to `""`.
    """

    title: str
    groups: tuple[tuple[tuple[np.ndarray, str], ...], ...]
    note: str = ""

    def __post_init__(self):
        check_text(self.title, "title")
        check_text(self.note, "note")
        for number, group in enumerate(self.groups):
            for pixels, caption in group:
                check_pixels(pixels, f"groups[{number}]")
                check_text(caption, f"groups[{number}]")
