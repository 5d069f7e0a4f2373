"""Modification texts: made without ambiguity, and sorted into kinds."""

from typing import NamedTuple

from keras_cmr.datasets.css.random_stream import RandomStream
from keras_cmr.datasets.css.scenes import COLORS
from keras_cmr.datasets.css.scenes import POSITIONS
from keras_cmr.datasets.css.scenes import SHAPES
from keras_cmr.datasets.css.scenes import SIZES
from keras_cmr.datasets.css.scenes import Scene
from keras_cmr.datasets.css.scenes import Thing

_CHANGES = ("add", "remove", "size", "color", "shape")
_ATTRIBUTES = ("size", "color", "shape")
_SUBSETS = tuple(
    tuple(a for i, a in enumerate(_ATTRIBUTES) if bits >> i & 1)
    for bits in range(8)
)


class Modification(NamedTuple):
    """A modification text and the scene that it leads to."""

    text: str
    target: Scene


class Descriptors:
    """For each thing of a scene, the phrases that pick out it alone.

    Args:
        scene: A scene.
    """

    def __init__(self, scene: Scene):
        self.positioned: dict[Thing, list[str]] = {}
        self.plain: dict[Thing, list[str]] = {}
        for thing in scene:
            place = POSITIONS[thing.cell]
            self.positioned[thing] = [
                f"{place} {_phrase(thing, named)}" for named in _SUBSETS
            ]
            phrases = [
                _phrase(thing, named)
                for named in _SUBSETS[1:]
                if _matches(scene, thing, named) == 1
            ]
            if phrases:
                self.plain[thing] = phrases


def _phrase(thing: Thing, named: tuple[str, ...]) -> str:
    words = [getattr(thing, attribute) for attribute in named]
    return " ".join(words if "shape" in named else [*words, "object"])


def _matches(scene: Scene, thing: Thing, named: tuple[str, ...]) -> int:
    return sum(
        all(getattr(other, a) == getattr(thing, a) for a in named)
        for other in scene
    )


def random_thing(
    stream: RandomStream, cell: int, allowed: dict[str, tuple[str, ...]]
) -> Thing:
    """A thing for `cell`: any shape, then a colour allowed for it."""
    shape = stream.choose(SHAPES)
    color = stream.choose(allowed[shape])
    return Thing(cell, stream.choose(SIZES), color, shape)


def propose(
    stream: RandomStream,
    scene: Scene,
    descriptors: Descriptors,
    allowed: dict[str, tuple[str, ...]],
) -> Modification | None:
    """A random modification of `scene`; None if the one drawn cannot be.

    Args:
        stream: A `RandomStream`.
        scene: The reference scene.
        descriptors: The `Descriptors` of `scene`.
        allowed: Dict from shape to the colours it may take.
    """
    change = stream.choose(_CHANGES)
    if change == "add":
        return _addition(stream, scene, allowed)
    phrases = stream.choose((descriptors.plain, descriptors.positioned))
    if not phrases:
        return None
    thing = stream.choose(tuple(phrases))
    phrase = stream.choose(phrases[thing])
    rest = tuple(other for other in scene if other != thing)
    if change == "remove":
        return Modification(f"remove {phrase}", rest) if rest else None
    if change == "size":
        values = SIZES
    elif change == "color":
        values = allowed[thing.shape]
    else:
        values = [s for s in SHAPES if thing.color in allowed[s]]
    value = stream.choose([v for v in values if v != getattr(thing, change)])
    article = "a " if change == "shape" else ""
    return Modification(
        f"make {phrase} {article}{value}",
        tuple(sorted((*rest, thing._replace(**{change: value})))),
    )


def _addition(stream, scene, allowed):
    taken = {thing.cell for thing in scene}
    empty = [cell for cell in range(len(POSITIONS)) if cell not in taken]
    if not empty:
        return None
    thing = random_thing(stream, stream.choose(empty), allowed)
    return Modification(
        f"add {_phrase(thing, _ATTRIBUTES)} to {POSITIONS[thing.cell]}",
        tuple(sorted((*scene, thing))),
    )


def kind(text: str) -> str:
    """The kind of a modification text, for figures by kind.

    Args:
        text: string, a modification of CSS.

    Returns:
        `"add"`; or `"remove"`, `"make size"`, `"make colour"`,
        `"make shape"`, each with `" at position"` after it if the text names
        the cell of the object; or `"other"`.
    """
    words = text.lower().split()
    first, last = (words[0], words[-1]) if words else ("", "")
    if first == "add":
        return "add"
    if first == "remove":
        name = "remove"
    elif first == "make" and last in SIZES:
        name = "make size"
    elif first == "make" and last in COLORS:
        name = "make colour"
    elif first == "make" and last in (*SHAPES, "sphere", "cube", "cylinder"):
        name = "make shape"
    else:
        return "other"
    return f"{name} at position" if set(words) & set(POSITIONS) else name
