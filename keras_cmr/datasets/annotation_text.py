"""Names of images and texts of queries in annotation files, checked."""

from keras_cmr.datasets.image_folder import checked_relative
from keras_cmr.words import split_words

# A text without a word can't be embedded, and a query can't be dropped
# without changing what every other figure was counted over.
BLANK = "(blank)"


def image_path(place: str, value) -> str:
    """`value`, if it is a string that leads to a file below a folder.

    Args:
        place: str. Where it stands, "file, line n".
        value: What the annotation file holds.
    """
    if not isinstance(value, str):
        raise ValueError(
            f"{place}: an image must be named by a string. "
            f"Received: {str(value)[:80]!r}"
        )
    try:
        checked_relative(value)
        value.encode()
    except ValueError:
        raise ValueError(
            f"{place}: an image's path must lead to a file below its folder. "
            f"Received: {value[:80]!r}"
        ) from None
    return value


def known_image(place: str, value, known) -> str:
    """`value`, if it is the id of an image among `known`, a set."""
    if image_path(place, value) not in known:
        raise ValueError(
            f"{place}: a query must name images of its split. "
            f"Received: {value[:80]!r}, which the split does not list"
        )
    return value


def trimmed(place: str, text: str) -> str:
    """`text` without blanks at its ends; `""` if it holds no word."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"{place}: a text must be Unicode. Received: {text[:80]!r}"
        ) from None
    if "\0" in text:
        raise ValueError(
            f"{place}: a text holds a NUL character. Received: {text[:80]!r}"
        )
    return text.strip() if split_words(text) else ""
