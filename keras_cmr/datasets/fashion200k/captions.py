"""Captions of Fashion200k, and the text that leads from one to another."""

# As google/tirg writes them into a caption, without blanks around.
_MARKS = (
    (".", "dotmark"),
    ("?", "questionmark"),
    ("&", "andmark"),
    ("*", "starmark"),
)


def clean(caption: str) -> str:
    """The caption as google/tirg's `datasets.py` compares it."""
    caption = caption.strip()
    for mark, word in _MARKS:
        caption = caption.replace(mark, word)
    return caption


def replacement(old: str, new: str) -> str:
    """The modification that changes one word."""
    return f"replace {old} with {new}"


def changed_words(reference: str, target: str) -> tuple[str, str]:
    """The first word of each caption that the other lacks.

    Of a caption that only repeats words of the other ("women women shirt"),
    it is the first word that the other has fewer times.

    Raises:
        ValueError: If there is none: one caption holds all words of the
            other. (The reference code then takes the last word, and so it
            does for a repeated one, which says nothing about the change.)
    """
    captions = reference.split(), target.split()
    first = [
        next((word for word in own if word not in other), None)
        or next(
            (word for word in own if own.count(word) > other.count(word)), None
        )
        for own, other in (captions, captions[::-1])
    ]
    if None in first:
        raise ValueError(
            "each of the two captions must have a word that the other "
            f"lacks. Received: {reference!r} and {target!r}"
        )
    return first[0], first[1]
