"""The names of MIT-States' folders to rows."""

import dataclasses
import re
from collections.abc import Iterable

from keras_cmr.datasets.rows import ImageRow
from keras_cmr.datasets.rows import QueryRow
from keras_cmr.words import split_words

# `test_nouns` in datasets.py of github.com/google/tirg.
_TEST_NOUNS = """
    armor bracelet bush camera candy castle ceramic cheese clock clothes coffee
    fan fig fish foam forest fruit furniture garden gate glass horse island
    laptop lead lightning mirror orange paint persimmon plastic plate potato
    road rubber sand shell sky smoke steel stream table tea tomato vacuum wax
    wheel window wool
"""
TEST_NOUNS = frozenset(_TEST_NOUNS.split())
# The release writes "ancient castle", lists of it "ancient_castle".
_SEPARATOR = re.compile("[ _]")
# Folders such as "adj castle" hold images of the noun in any state.
_NO_ADJECTIVE = "adj"


@dataclasses.dataclass(frozen=True)
class Listing:
    """What the folders say.

    Args:
        train: List of `ImageRow`s of all but the test nouns.
        test: List of `ImageRow`s of the test nouns.
        queries: List of `QueryRow`s of the test split: each image with each
            other adjective of its noun.
    """

    train: list[ImageRow]
    test: list[ImageRow]
    queries: list[QueryRow]


def parse(paths: Iterable[str]) -> Listing:
    """The rows of `"<adjective> <noun>/<file>"`.

    A folder without a separator (a blank or `_`) or of the adjective "adj"
    is no content and skipped, and so is a file in no folder.

    Args:
        paths: Iterable of strings, below the folder of the images.

    Raises:
        ValueError: For a folder of more than two words, or one without a
            letter in its adjective or noun.
    """
    rows: dict[bool, list[ImageRow]] = {False: [], True: []}
    pairs: dict[str, dict[str, str] | None] = {}
    for path in paths:
        folder, separator, _ = path.partition("/")
        if folder not in pairs:
            pairs[folder] = _pair(folder) if separator else None
        pair = pairs[folder]
        if pair is not None:
            content = f"{pair['adjective']} {pair['noun']}"
            rows[pair["noun"] in TEST_NOUNS].append(
                ImageRow(path, path, content, content, pair)
            )
    return Listing(rows[False], rows[True], _queries(rows[True]))


def _pair(folder: str) -> dict[str, str] | None:
    words = _SEPARATOR.split(folder)
    if len(words) == 1 or words[0] == _NO_ADJECTIVE:
        return None
    if len(words) > 2 or not all(map(split_words, words)):
        raise ValueError(
            "Each folder of images must be named after an adjective and a "
            "noun, with a blank or `_` between. Received: a folder "
            f"{folder!r}"
        )
    return {"adjective": words[0], "noun": words[1]}


def _queries(test: list[ImageRow]) -> list[QueryRow]:
    adjectives: dict[str, set[str]] = {}
    for row in test:
        noun = row.attributes["noun"]
        adjectives.setdefault(noun, set()).add(row.attributes["adjective"])
    # By content, the adjectives to ask for and the labels they lead to.
    asked = {
        f"{adjective} {noun}": [
            (other, f"{other} {noun}")
            for other in sorted(own)
            if other != adjective
        ]
        for noun, own in adjectives.items()
        for adjective in own
    }
    return [
        QueryRow(row.id, adjective, (), label, kind=adjective)
        for row in test
        for adjective, label in asked[row.label]
    ]
