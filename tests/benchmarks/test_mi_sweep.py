"""The sweep of the terms: its points, and that its files agree."""

import json

import numpy as np
import pytest

from benchmarks import mi_sweep
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


@pytest.mark.skipif(
    not (mi_sweep.RESULTS / "sweep.json").exists(), reason="not run yet"
)
def test_the_committed_figures_follow_from_their_runs():
    written = json.loads((mi_sweep.RESULTS / "sweep.json").read_text())
    assert (mi_sweep.RESULTS / "sweep.md").read_text() == table(written)
    first = {
        run["seed"]: run["figures"]["R@1"]
        for run in written["points"][0]["runs"]
    }
    for point in written["points"]:
        values = {
            run["seed"]: run["figures"]["R@1"]
            for run in point["runs"]
            if "figures" in run
        }
        mean = np.mean(list(values.values()))
        assert point["figures"]["R@1"]["mean"] == pytest.approx(mean)
        if point is not written["points"][0]:
            assert point["difference"]["R@1"] == pytest.approx(
                seed_interval([values[s] - first[s] for s in values])
            )
