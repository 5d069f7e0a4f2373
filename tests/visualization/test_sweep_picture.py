"""The picture of a sweep shows the record's runs and means."""

import itertools

import numpy as np
import pytest

from keras_cmr.visualization import sweep_picture
from keras_cmr.visualization.theme import DARK


def point(settings, *values):
    return {
        "settings": settings,
        "figures": {"R@1": {"mean": float(np.mean(values))}},
        "runs": [{"figures": {"R@1": value}} for value in values],
    }


@pytest.fixture
def record():
    return {
        "grid": {"terms": [[], ["A"]], "weight": [0.1, 1], "epochs": [3]},
        "points": [
            point({"terms": "none", "epochs": 3}, 0.4, 0.5),
            point({"terms": "A", "weight": 0.1, "epochs": 3}, 0.5, 0.6),
            point({"terms": "A", "weight": 1, "epochs": 3}, 0.7),
        ],
    }


def test_dots_are_runs_and_bars_are_means(record):
    figure = sweep_picture(record)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    # A key of one value has no effect to show.
    assert titles == ["terms", "weight", "terms and weight", ""]
    terms = figure.axes[0]
    base, none, a, bars = terms.lines
    assert base.get_ydata() == pytest.approx([45, 45])
    assert none.get_ydata() == pytest.approx([40, 50])
    assert a.get_ydata() == pytest.approx([50, 60, 70])
    assert bars.get_ydata() == pytest.approx([45, 60])
    labels = [t.get_text() for t in terms.get_xticklabels()]
    assert labels == ["none", "A"]
    pair = figure.axes[2]
    # The point without terms reads no weight, and is no part of this panel.
    assert [t.get_text() for t in pair.get_xticklabels()] == ["A"]
    assert [t.get_text() for t in pair.texts] == ["weight=0.1", "weight=1"]
    assert [line.get_ydata()[-1] for line in pair.lines[1:]] == pytest.approx(
        [55, 70]
    )


def test_one_at_a_time_a_panel_has_only_its_key(record):
    record["one_at_a_time"] = True
    record["grid"] = {"terms": [["A"], []], "weight": [0.1, 1]}
    record["points"] = [
        point({"terms": "A", "weight": 0.1}, 0.5, 0.6),
        point({"terms": "none"}, 0.4),
        point({"terms": "A", "weight": 1}, 0.7),
        point({"terms": "A", "weight": 0.1, "units": 8}, 0.9),
    ]
    record["grid"]["units"] = [4, 8]
    record["points"][0]["settings"]["units"] = 4
    record["points"][2]["settings"]["units"] = 4
    figure = sweep_picture(record)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["terms", "weight", "units", ""]
    for axes, means in zip(
        figure.axes, ([55, 40], [55, 70], [55, 90]), strict=False
    ):
        assert axes.lines[-1].get_ydata() == pytest.approx(means)


def test_one_at_a_time_with_a_failed_first_point(record):
    record["one_at_a_time"] = True
    record["grid"] = {"a": [1, 2], "b": [1, 2, 3]}
    record["points"] = [
        point({"a": 1, "b": 1}, 0.5),
        point({"a": 2, "b": 1}, 0.4),
        point({"a": 1, "b": 2}, 0.7),
        point({"a": 1, "b": 3}, 0.8),
    ]
    record["points"][0] |= {"runs": [{"error": "OSError"}], "figures": {}}
    figure = sweep_picture(record)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["b"]
    assert figure.axes[0].lines[-1].get_ydata() == pytest.approx([70, 80])


def test_another_figure(record):
    for number, entry in enumerate(record["points"]):
        entry["figures"]["R@5"] = {"mean": 0.9}
        for run in entry["runs"]:
            run["figures"]["R@5"] = 0.9 + number / 100
    axes = sweep_picture(record, figure="R@5").axes[0]
    base, _, _, bars = axes.lines
    assert base.get_ydata() == pytest.approx([90, 90])
    assert bars.get_ydata() == pytest.approx([90, (91 + 91 + 92) / 3])
    assert axes.get_ylabel() == "R@5, per cent"


def test_many_long_names_do_not_meet(record):
    names = ["none", "TextImageMI", "FusionImageMI", "PriorMatching"]
    record["grid"] = {"terms": [[name] for name in names]}
    record["points"] = [point({"terms": name}, 0.4) for name in names]
    figure = sweep_picture(record)
    figure.draw_without_rendering()
    boxes = [t.get_window_extent() for t in figure.axes[0].get_xticklabels()]
    # Slanted, each ends at its own tick.
    assert all(a.x1 < b.x1 - 5 for a, b in itertools.pairwise(boxes))
    assert {t.get_rotation() for t in figure.axes[0].get_xticklabels()} == {20}


def test_failed_runs_are_left_out(record):
    record["points"][2]["runs"] = [{"error": "OSError"}]
    figure = sweep_picture(record, DARK)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["terms"]
    assert figure.get_facecolor()[:3] != (1, 1, 1)


def test_nothing_to_show(record):
    record["points"] = record["points"][:1]
    assert sweep_picture(record) is None
    record["points"][0] |= {"runs": [], "figures": {}}
    assert sweep_picture(record) is None
