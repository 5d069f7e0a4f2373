"""The names of MIT-States' folders to rows."""

import dataclasses
import re
from collections.abc import Iterable

from keras_cmr.datasets.rows import ImageRow
from keras_cmr.datasets.rows import QueryRow

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
            letter in its adjective.
    """
    train, test = [], []
    pairs: dict[str, dict[str, str] | None] = {}
    adjectives: dict[str, set[str]] = {}
    for path in paths:
        folder = path.partition("/")[0]
        if folder not in pairs:
            pairs[folder] = None if folder == path else _pair(folder)
        pair = pairs[folder]
        if pair is None:
            continue
        adjective, noun = pair.values()
        content = f"{adjective} {noun}"
        row = ImageRow(
            id=path,
            path=path,
            caption=content,
            label=content,
            attributes=pair,
        )
        if noun in TEST_NOUNS:
            test.append(row)
            adjectives.setdefault(noun, set()).add(adjective)
        else:
            train.append(row)
    return Listing(train, test, _queries(test, adjectives))


def _pair(folder: str) -> dict[str, str] | None:
    from keras_cmr.models.vocabulary import split_words

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


def _queries(
    test: list[ImageRow], adjectives: dict[str, set[str]]
) -> list[QueryRow]:
    ordered = {noun: sorted(own) for noun, own in adjectives.items()}
    return [
        QueryRow(
            reference=row.id,
            modification=adjective,
            target_label=f"{adjective} {row.attributes['noun']}",
            kind=adjective,
        )
        for row in test
        for adjective in ordered[row.attributes["noun"]]
        if adjective != row.attributes["adjective"]
    ]
