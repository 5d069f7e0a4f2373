"""The points of a grid over a config's keys."""

import dataclasses
import itertools
import types
import typing
from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np
import yaml

from keras_cmr.config import Config
from keras_cmr.training.term_keys import unread_keys


@dataclasses.dataclass(frozen=True)
class Point:
    """One choice of the swept keys.

    Args:
        settings: Dict of key to the value as it is written in a grid, without
            the keys that nothing at this point reads.
        config: `Config` of the point; its seed is that of the base.
    """

    settings: dict
    config: Config

    @property
    def name(self):
        """`"weight=0.1, estimator=jsd"`; `"as the config"` without keys."""
        words = [f"{key}={value}" for key, value in self.settings.items()]
        return ", ".join(words) or "as the config"


def parse_grid(words: Sequence[str]) -> dict[str, list]:
    """A grid from texts such as `"weight=0,0.1,1"`.

    Commas stand between values, which are read as YAML. In a value of a key
    that holds a list, `+` stands between the items and `none` is the empty
    list: `"mutual_information=none,TextImageMI,TextImageMI+FusionImageMI"`.
    Where a key may be left out, `none` does that: `"num_negatives=none,8"`.

    Args:
        words: Sequence of str, one a key.

    Returns:
        Dict of key to list of values, in the order given.
    """
    kinds = typing.get_type_hints(Config)
    grid = {}
    for word in words:
        key, equals, texts = word.partition("=")
        if not equals or not texts or key in grid:
            raise ValueError(
                "`--grid` wants key=value,value,..., each key once. "
                f"Received: {word!r}"
            )
        kind = kinds.get(key)
        grid[key] = [
            _value(text.strip(), kind, word) for text in texts.split(",")
        ]
    return grid


def grid_points(
    base: Config,
    grid: Mapping,
    random: int | None = None,
    random_seed: int = 0,
    one_at_a_time: bool = False,
) -> list[Point]:
    """The distinct points of a grid, in its order; the last key moves first.

    Points that differ only in keys of terms which no term reads, as an
    estimator where there is none, are one. All points are checked before any
    is run.

    Args:
        base: `Config` whose keys the points change.
        grid: Dict of key to list of values; `seed` is no such key.
        random: int. Take that many points only: the first, to which the
            others are compared, and random ones. Defaults to `None`, all.
        random_seed: int. Seed of that choice.
        one_at_a_time: bool. Whether a point leaves the first value of at most
            one key: sums of values, not products. Defaults to `False`.

    Raises:
        ValueError: For an unknown key, a value that the key can't have, or
            with `one_at_a_time` a key that the first values leave unread.
    """
    if "seed" in grid:
        raise ValueError(
            "`grid` must leave `seed` to `seeds`, over which figures are "
            f"averaged. Received: seed={grid['seed']}"
        )
    for key, values in grid.items():
        if not isinstance(values, list | tuple) or not values:
            raise ValueError(
                "`grid` must hold a list of values for each key. Received: "
                f"{key}={values!r}"
            )
    values = dataclasses.asdict(base)
    points = {}
    choices = _one_at_a_time(grid) if one_at_a_time else _products(grid)
    for chosen in choices:
        config = Config.from_mapping({**values, **chosen}, "grid")
        unread = unread_keys(config) & chosen.keys()
        config = dataclasses.replace(config, **{k: values[k] for k in unread})
        settings = {k: _written(chosen[k]) for k in grid if k not in unread}
        points.setdefault(config, Point(settings, config))
    points = list(points.values())
    if one_at_a_time:
        _check_read(points[0], grid)
    if random is None or random >= len(points):
        return points
    if random < 1:
        raise ValueError(
            f"`random` must be at least 1. Received: random={random}"
        )
    draws = np.random.default_rng(random_seed)
    others = draws.choice(len(points) - 1, random - 1, replace=False) + 1
    return [points[i] for i in sorted([0, *others])]


def _products(grid):
    for choice in itertools.product(*grid.values()):
        yield dict(zip(grid, choice, strict=True))


def _one_at_a_time(grid):
    first = {key: values[0] for key, values in grid.items()}
    yield first
    for key, values in grid.items():
        for value in values[1:]:
            yield {**first, key: value}


def _check_read(first, grid):
    for key in unread_keys(first.config) & grid.keys():
        if len(grid[key]) > 1:
            raise ValueError(
                f"`grid` varies `{key}`, which the first values of the other "
                f"keys leave unread. Received: {first.name}. Give the key on "
                "which that depends a first value that reads it"
            )


def _value(text, kind, word):
    if typing.get_origin(kind) is tuple:
        return [] if text == "none" else text.split("+")
    if text == "none" and isinstance(kind, types.UnionType):
        return None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(
            f"`--grid` wants values that YAML can read. Received: {word!r}"
        ) from error


def _written(value):
    """The value as a grid has it: what tables and pictures show."""
    if isinstance(value, list | tuple):
        return "+".join(value) or "none"
    return "none" if value is None else value
