"""The numbers of a sweep, worked out by hand, and their table."""

import json

import pytest

from keras_cmr.config import Config
from keras_cmr.sweep.points import grid_points
from keras_cmr.sweep.record import record
from keras_cmr.sweep.table import table


class Run:
    """An outcome as `record` sees it."""

    def __init__(self, seed, value=None):
        self.seed, self.value = seed, value

    def to_dict(self):
        if self.value is None:
            return {"seed": self.seed, "folder": "f", "error": "OSError: full"}
        return {
            "seed": self.seed,
            "folder": "f",
            "figures": {"R@1": self.value, "R@5": 1.0},
            "training_seconds": 10.0 * (self.seed + 1),
        }


@pytest.fixture
def written():
    grid = {"epochs": [1, 2, 3]}
    points = grid_points(Config(), grid)
    runs = [
        [Run(0, 0.4), Run(1, 0.6)],
        [Run(0, 0.5), Run(1, 0.8)],
        [Run(0), Run(1, 0.5)],
    ]
    outcomes = {p.config: r for p, r in zip(points, runs, strict=True)}
    return record(Config(), grid, [0, 1], points, outcomes, "the command")


def test_means_intervals_and_paired_differences(written):
    first, second, third = written["points"]
    assert first["figures"]["R@1"]["mean"] == pytest.approx(0.5)
    # 0.1 is the standard error and 12.706 Student's t; no recall is below 0.
    assert (first["figures"]["R@1"]["low"], first["difference"]) == (0.0, {})
    change = second["difference"]["R@1"]
    assert change["mean"] == pytest.approx(0.15)
    assert change["high"] == pytest.approx(0.15 + 12.7062 * 0.05, abs=1e-4)
    assert second["training_seconds"] == 15.0
    # Only seed 1 finished: its pair is 0.5 and 0.6.
    assert third["difference"]["R@1"] == {
        "mean": pytest.approx(-0.1),
        "low": None,
        "high": None,
    }
    assert not written["complete"]
    assert json.dumps(written, allow_nan=False)
    assert written["config"]["epochs"] == Config().epochs


def test_table(written):
    lines = table(written).splitlines()
    assert lines[0] == "| epochs | seeds | R@1 | R@5 | training |"
    assert lines[3] == (
        "| 2 | 2 | 65.0 [0.0, 100.0] | 100.0 [100.0, 100.0] | 15 s |"
    )
    assert lines[4] == "| 3 | 1 | 50.0 | 100.0 | 20 s |"
    assert lines[6:10] == [
        "| epochs | R@1, difference | R@5, difference |",
        "|---|---|---|",
        "| 2 | +15.0 [-48.5, +78.5] | +0.0 [+0.0, +0.0] |",
        "| 3 | -10.0 | +0.0 |",
    ]
    assert "the sweep is not complete" in table(written)
    assert lines[-1] == "- epochs=3, seed 0: OSError: full"


def test_before_any_run_the_table_has_rows_but_no_figures():
    points = grid_points(Config(), {"epochs": [1, 2]})
    empty = record(
        Config(),
        {"epochs": [1, 2]},
        [0],
        points,
        {p.config: [] for p in points},
    )
    assert table(empty).splitlines()[:3] == [
        "| epochs | seeds |",
        "|---|---|",
        "| 1 | 0 |",
    ]
