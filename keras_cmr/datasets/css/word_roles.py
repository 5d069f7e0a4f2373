"""What each word of a CSS text is there for."""

from keras_cmr.datasets.css.scenes import COLORS
from keras_cmr.datasets.css.scenes import POSITIONS
from keras_cmr.datasets.css.scenes import SHAPES
from keras_cmr.datasets.css.scenes import SIZES
from keras_cmr.words import split_words

_VERBS = ("add", "remove", "make")
_KINDS = {
    "size": SIZES,
    "colour": tuple(COLORS),
    "shape": (*SHAPES, "sphere", "cube", "cylinder"),
}


def word_roles(text: str) -> list[str]:
    """The role of each of `split_words(text)`.

    Args:
        text: string, a modification of CSS.

    Returns:
        List of strings: `"verb"`; `"position"`; `"size"`, `"colour"` and
        `"shape"` where the word says which object is meant, with `"new "`
        before it where it says what an object becomes, or is when added;
        `"object"` for that word itself; `"other"` for all else.
    """
    words = split_words(text)
    verb = words[0] if words else ""
    roles = []
    for i, word in enumerate(words):
        if i == 0 and word in _VERBS:
            roles.append("verb")
        elif word in POSITIONS:
            roles.append("position")
        elif word == "object":
            roles.append("object")
        else:
            last = i == len(words) - 1
            new = verb == "add" or (verb == "make" and last)
            kind = next((k for k, of in _KINDS.items() if word in of), None)
            roles.append(f"{'new ' * new}{kind}" if kind else "other")
    return roles


def named_position(text: str) -> str:
    """The position that a CSS text names, `"none"` or `"several"`."""
    named = [word for word in split_words(text) if word in POSITIONS]
    return "several" if len(named) > 1 else (named or ["none"])[0]
