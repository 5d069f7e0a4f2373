import numpy as np
import pytest

from keras_cmr.visualization import Chart
from keras_cmr.visualization import Series
from keras_cmr.visualization.chart import chart_figure
from keras_cmr.visualization.theme import DARK
from keras_cmr.visualization.theme import LIGHT

DOTS = Chart(
    ("add", "remove $x$"),
    (
        Series("image", (10.0, -5.0), ((8.0, 12.0), (-6.0, -4.0))),
        Series("text", (90.0, 105.0)),
    ),
    "points",
)
BARS = Chart(
    ("add", "remove"),
    (Series("both", (60.0, 30.0)), Series("neither", (40.0, 70.0))),
    stacked=True,
)


def test_dots_stand_at_their_values_with_their_intervals():
    (axes,) = chart_figure(DOTS, LIGHT).axes
    dots = {line.get_label(): line for line in axes.lines}
    assert dots["image"].get_xdata().tolist() == [10.0, -5.0]
    assert dots["text"].get_xdata().tolist() == [90.0, 105.0]
    assert (dots["image"].get_ydata() < dots["text"].get_ydata()).all()
    (whiskers,) = axes.collections
    ends = [segment[:, 0].tolist() for segment in whiskers.get_segments()]
    assert ends == [[8.0, 12.0], [-6.0, -4.0]]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["add", "remove $x$"]  # no formula
    assert axes.get_xlabel() == "points"
    top, bottom = axes.get_ylim()[1], axes.get_ylim()[0]
    assert top < 0 < 1 < bottom  # the first row is at the top


def test_bars_are_end_to_end():
    (axes,) = chart_figure(BARS, DARK).axes
    spans = [
        (patch.get_x(), patch.get_x() + patch.get_width())
        for patch in axes.patches
    ]
    assert spans == [(0, 60), (0, 30), (60, 100), (30, 100)]
    assert axes.get_xlim() == (0, 100)
    assert axes.patches[2].get_facecolor() != axes.patches[0].get_facecolor()


@pytest.mark.parametrize("chart", [DOTS, BARS])
@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_everything_is_inside_the_picture(chart, theme):
    figure = chart_figure(chart, theme)
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    box = figure.get_tightbbox(renderer)
    width, height = figure.get_size_inches()
    assert box.x0 >= 0 and box.y0 >= 0
    assert box.x1 <= width and box.y1 <= height
    assert np.ptp([box.x0, box.x1]) > width / 2


def test_in_words():
    assert BARS.describe() == (
        "Chart in per cent. add: both 60, neither 40; remove: both 30, "
        "neither 70."
    )


def test_a_value_for_each_row():
    with pytest.raises(ValueError, match=r"2 rows\. Received: 1 in 'a'"):
        Chart(("x", "y"), (Series("a", (1.0,)),))
    with pytest.raises(ValueError, match=r"2 rows\. Received: 1 in 'a'"):
        Chart(("x", "y"), (Series("a", (1.0, 2.0), ((1.0, 2.0),)),))
