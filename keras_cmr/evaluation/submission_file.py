"""JSON files for an organiser's server: written whole, read with suspicion."""

import json
import os
from collections.abc import Callable
from collections.abc import Collection
from pathlib import Path

from keras_cmr.datasets.annotation_file import distinct_names
from keras_cmr.datasets.annotation_file import read_text
from keras_cmr.durable import replace_file


def write(path: Path, content: dict, validate: Callable[[Path], None]) -> None:
    """Puts `content` where `path` is, once `validate` has passed it.

    Readers see the old file or the new one. `validate` gets the path of a
    neighbour; if it raises, `path` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, json.dumps(content), validate)


def read(path: str | os.PathLike) -> dict:
    """The JSON object in a file; a key that occurs twice is an error."""
    text = read_text(path)
    try:
        content = json.loads(text, object_pairs_hook=distinct_names)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path} must hold a JSON object whose keys are distinct: {error}"
        ) from None
    if not isinstance(content, dict):
        raise ValueError(
            f"{path} must hold a JSON object. Received: {str(content)[:80]!r}"
        )
    return content


def check_split(split, name: str, length: int) -> None:
    """Raises unless a file of `length` images a query can answer `split`."""
    if split.queries.ids is None:
        raise ValueError(
            f"`split` must be {name}'s, whose queries have ids. "
            f"Received: the split {split.name!r} without them"
        )
    if split.lost_queries:
        raise ValueError(
            "`split` must hold every query that the server asks for. "
            f"Received: {split.name!r}, of which {split.lost_queries:,} "
            "queries are lost with their images; see `split.missing`"
        )
    if len(split.images) <= length:
        raise ValueError(
            f"`split` must have more than the {length} images that the server "
            f"wants for each query. Received: {len(split.images)} images"
        )


def check_keys(path, content: dict, split) -> None:
    """Raises unless the keys of `content` are the ids of the queries."""
    ids = split.queries.ids.tolist()
    for wanted in ids:
        if wanted not in content:
            raise ValueError(
                f"{path} must hold all {len(ids):,} queries of the split "
                f"{split.name!r}. There is none of {wanted!r}"
            )
    if len(content) > len(ids):
        known = set(ids)
        other = next(key for key in content if key not in known)
        raise ValueError(
            f"{path} must hold the queries of the split {split.name!r} alone. "
            f"Received: {other[:80]!r}"
        )


def check_ranking(place: str, ranking, length: int, known: Collection) -> None:
    """Raises unless a ranking names `length` distinct images of `known`."""
    if not isinstance(ranking, list) or len(ranking) != length:
        received = f"{len(ranking)}" if isinstance(ranking, list) else ranking
        raise ValueError(
            f"{place} must be a list of {length} images. "
            f"Received: {str(received)[:80]}"
        )
    seen = set()
    for image in ranking:
        # Not `image in known` at once: a list is no possible member.
        if type(image) not in (int, str) or image not in known:
            raise ValueError(
                f"{place} must name images that may be found for this query. "
                f"Received: {str(image)[:80]!r}"
            )
        if image in seen:
            raise ValueError(
                f"{place} must name distinct images. Received: {image!r} twice"
            )
        seen.add(image)
