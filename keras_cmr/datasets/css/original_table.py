"""The original's table of scenes and texts, checked."""

import collections.abc
import dataclasses
import pathlib
from typing import Any

from keras_cmr.datasets.css.scenes import Scene
from keras_cmr.datasets.css.scenes import Thing

_FORM = (
    "`objects_img` (for each image a list of objects with `shape`, `color`, "
    "`size` and `pos`), `mods` (a list of dicts with `from`, `to` and "
    "`to_str`) and, optionally, `labels` (one for each image)"
)


@dataclasses.dataclass(frozen=True)
class SplitTable:
    """One split of the original's table.

    Args:
        objects: List of lists of dicts: the objects of each image, with
            `shape`, `color`, `size`, `cell` and `pos`.
        labels: List of ints, by image.
        queries: List of (reference image, target image, text).
    """

    objects: list[list[dict]]
    labels: list[int]
    queries: list[tuple[int, int, str]]

    def contents(self) -> dict[int, Scene]:
        """By label, the scene of the first image that carries it."""
        scenes: dict[int, Scene] = {}
        for label, objects in zip(self.labels, self.objects, strict=True):
            if label not in scenes:
                scenes[label] = tuple(
                    sorted(
                        Thing(o["cell"], o["size"], o["color"], o["shape"])
                        for o in objects
                    )
                )
        return scenes


def parse(
    data: Any, path: pathlib.Path, splits: tuple[str, ...]
) -> dict[str, SplitTable]:
    """The splits of the unpickled table; `ValueError` if it has other form."""
    if not isinstance(data, dict) or not set(splits) <= set(data):
        raise ValueError(
            f"{path} must hold a dict of the splits {', '.join(splits)}, each "
            f"a dict of {_FORM}. Received: {_shown(data)}"
        )
    parsed = {}
    for split in splits:
        try:
            parsed[split] = _parse_split(data[split])
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{path} must hold for the split {split!r} a dict of {_FORM}. "
                f"Received another form: {type(error).__name__}: {error}"
            ) from error
    return parsed


def _parse_split(data: dict) -> SplitTable:
    objects = [
        [_parse_object(item) for item in scene] for scene in data["objects_img"]
    ]
    count = len(objects)
    labels = [int(label) for label in data.get("labels", range(count))]
    if len(labels) != count:
        raise ValueError(f"{len(labels)} labels for {count} images")
    queries = []
    for mod in data["mods"]:
        for pair in zip(mod["from"], mod["to"], strict=True):
            reference, target = map(int, pair)
            if not (0 <= reference < count and 0 <= target < count):
                raise ValueError(
                    f"a modification from image {reference} to {target} of "
                    f"{count} images"
                )
            queries.append((reference, target, str(mod["to_str"])))
    if not queries:
        raise ValueError("no modification")
    return SplitTable(objects, labels, queries)


def _parse_object(item: dict) -> dict:
    row, column = (float(value) for value in item["pos"])
    if not (0 <= row <= 1 and 0 <= column <= 1):
        raise ValueError(f"`pos` outside of 0..1: {item['pos']}")
    cell = 3 * min(2, int(3 * row)) + min(2, int(3 * column))
    words = {key: str(item[key]) for key in ("shape", "color", "size")}
    return {**words, "cell": cell, "pos": [row, column]}


def _shown(data: Any) -> str:
    if isinstance(data, collections.abc.Mapping):
        return f"a dict of {sorted(map(str, data))}"
    return f"an object of type {type(data).__name__}"
