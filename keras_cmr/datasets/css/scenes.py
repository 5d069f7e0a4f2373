"""Scenes of the CSS benchmark: what may stand in a cell, and its words."""

from typing import NamedTuple

SHAPES = ("circle", "rectangle", "triangle")
COLORS = {
    "gray": (87, 87, 87),
    "red": (244, 35, 35),
    "blue": (42, 75, 215),
    "green": (29, 205, 20),
    "brown": (129, 74, 25),
    "purple": (129, 38, 192),
    "cyan": (41, 208, 208),
    "yellow": (255, 238, 51),
}
SIZES = ("small", "large")
POSITIONS = tuple(
    f"{row}-{column}"
    for row in ("top", "middle", "bottom")
    for column in ("left", "center", "right")
)

_HALVES = (
    ("gray", "blue", "brown", "yellow"),
    ("red", "green", "purple", "cyan"),
)

# Which colours a shape may have in a split. As in CLEVR-CoGenT, one shape
# takes every colour everywhere and the other two swap halves.
ALLOWED = {
    "train": {
        "circle": tuple(COLORS),
        "rectangle": _HALVES[0],
        "triangle": _HALVES[1],
    },
    "test": {
        "circle": tuple(COLORS),
        "rectangle": _HALVES[1],
        "triangle": _HALVES[0],
    },
}


class Thing(NamedTuple):
    """An object of a scene: the cell it stands in and what it looks like.

    Args:
        cell: int in 0..8, row by row from the top left.
        size: One of `SIZES`.
        color: One of `COLORS`.
        shape: One of `SHAPES`.
    """

    cell: int
    size: str
    color: str
    shape: str


# A scene is its things in the order of their cells, so that equal contents
# are equal tuples.
Scene = tuple[Thing, ...]


def caption(scene: Scene) -> str:
    """The content of a scene in words."""
    return ", ".join(
        f"{POSITIONS[cell]} {size} {color} {shape}"
        for cell, size, color, shape in scene
    )


def combinations(scene: Scene) -> set[tuple[str, str]]:
    """The shape-colour combinations of a scene."""
    return {(thing.shape, thing.color) for thing in scene}
