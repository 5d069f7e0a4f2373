"""Grids: what they say, which points they have."""

import pytest

from keras_cmr.config import Config
from keras_cmr.sweep.points import grid_points
from keras_cmr.sweep.points import parse_grid

TERMS = "mutual_information=none,TextImageMI,TextImageMI+FusionImageMI"


def test_values_are_read_as_the_key_wants_them():
    assert parse_grid(
        ["weight=0,0.1, 1", TERMS, "num_negatives=none,8", "scope=local,global"]
    ) == {
        "weight": [0, 0.1, 1],
        "mutual_information": [
            [],
            ["TextImageMI"],
            ["TextImageMI", "FusionImageMI"],
        ],
        "num_negatives": [None, 8],
        "scope": ["local", "global"],
    }


def test_the_last_key_moves_first():
    points = grid_points(Config(), {"epochs": [1, 2], "batch_size": [8, 16]})
    assert [(p.config.epochs, p.config.batch_size) for p in points] == [
        (1, 8),
        (1, 16),
        (2, 8),
        (2, 16),
    ]
    assert points[1].name == "epochs=1, batch_size=16"
    assert grid_points(Config(), {})[0].name == "as the config"


def test_what_nothing_reads_makes_no_further_points():
    base = Config(weight=0.25)
    points = grid_points(
        base, parse_grid([TERMS, "weight=0.1,1", "level=P2,P3"])
    )
    assert [p.name.removeprefix("mutual_information=") for p in points] == [
        "none",
        "TextImageMI, weight=0.1",
        "TextImageMI, weight=1",
        "TextImageMI+FusionImageMI, weight=0.1, level=P2",
        "TextImageMI+FusionImageMI, weight=0.1, level=P3",
        "TextImageMI+FusionImageMI, weight=1, level=P2",
        "TextImageMI+FusionImageMI, weight=1, level=P3",
    ]
    assert points[0].config == base
    assert points[1].config.level == base.level


def test_one_at_a_time_leaves_one_first_value():
    grid = parse_grid(
        [
            "mutual_information=TextImageMI,none",
            "weight=0.1,1,2",
            "image=target,both",
        ]
    )
    points = grid_points(Config(), grid, one_at_a_time=True)
    assert [p.name for p in points] == [
        "mutual_information=TextImageMI, weight=0.1, image=target",
        "mutual_information=none",
        "mutual_information=TextImageMI, weight=1, image=target",
        "mutual_information=TextImageMI, weight=2, image=target",
        "mutual_information=TextImageMI, weight=0.1, image=both",
    ]


def test_one_at_a_time_drops_no_key_in_silence():
    grid = parse_grid(["mutual_information=none,TextImageMI", "weight=0.1,1"])
    with pytest.raises(ValueError, match="varies `weight`, which the first"):
        grid_points(Config(), grid, one_at_a_time=True)
    grid["weight"] = [1]
    assert len(grid_points(Config(), grid, one_at_a_time=True)) == 2


def test_random_points_are_seeded_distinct_and_hold_the_first():
    grid = {"epochs": list(range(1, 21))}

    def epochs(count, seed):
        points = grid_points(Config(), grid, count, random_seed=seed)
        return [point.config.epochs for point in points]

    found = epochs(6, 3)
    assert found == epochs(6, 3) != epochs(6, 4)
    assert found[0] == 1 and found == sorted(set(found)) and len(found) == 6
    assert epochs(99, 0) == list(range(1, 21))
    assert epochs(1, 0) == [1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["weight"], "wants key=value,value"),
        (["weight="], "wants key=value,value"),
        (["weight=1", "weight=2"], "each key once"),
        (["weight={"], "YAML can read. Received: 'weight={'"),
    ],
)
def test_bad_words(words, message):
    with pytest.raises(ValueError, match=message):
        parse_grid(words)


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ({"wieght": [1]}, "unknown key `wieght`. Did you mean `weight`"),
        ({"weight": ["much"]}, "`weight` must be of type float"),
        ({"seed": [0, 1]}, "must leave `seed` to `seeds`"),
        ({"weight": []}, "a list of values for each key"),
        ({"weight": "0.1"}, "a list of values for each key"),
    ],
)
def test_bad_grids(grid, message):
    with pytest.raises(ValueError, match=message):
        grid_points(Config(), grid)


def test_bad_number_of_random_points():
    with pytest.raises(ValueError, match="`random` must be at least 1"):
        grid_points(Config(), {"epochs": [1, 2]}, random=0)
