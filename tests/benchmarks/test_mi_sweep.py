"""The sweep of the terms: its points, and that its files agree."""

import json

import numpy as np
import pytest

from benchmarks import mi_sweep
from keras_cmr.evaluation import Report
from keras_cmr.evaluation import verify
from keras_cmr.evaluation.seed_interval import seed_interval
from keras_cmr.sweep.points import grid_points
from keras_cmr.sweep.points import parse_grid
from keras_cmr.sweep.table import table


def test_points():
    points = grid_points(mi_sweep.base(), parse_grid(mi_sweep.GRID))
    # Without a term, and three choices of terms, two weights, three
    # estimators.
    assert len(points) == 1 + 3 * 2 * 3
    assert points[0].name == "mutual_information=none"
    assert points[0].config.fusion == "TIRG"


SWEEPS = sorted(mi_sweep.RESULTS.parent.glob("**/sweep.json"))


def test_the_sweep_was_run():
    assert mi_sweep.RESULTS / "sweep.json" in SWEEPS


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.parent.name)
def test_the_committed_figures_follow_from_their_runs(path):
    written = json.loads(path.read_text())
    assert path.with_name("sweep.md").read_text() == table(written)
    first = {}
    for point in written["points"]:
        values = {}
        for run in point["runs"]:
            if "figures" not in run:
                continue
            name = run["folder"].removeprefix("runs/")
            report = path.parent / "reports" / f"{name}.json"
            assert verify(report) == []
            figures = Report.load(report).figures
            assert run["figures"]["R@1"] == figures["R@1"]["value"]
            values[run["seed"]] = run["figures"]["R@1"]
        mean = np.mean(list(values.values()))
        assert point["figures"]["R@1"]["mean"] == pytest.approx(mean)
        if first:
            assert point["difference"]["R@1"] == pytest.approx(
                seed_interval([values[s] - first[s] for s in values])
            )
        first = first or values
