import subprocess
import sys

import numpy as np
import pytest

from keras_cmr.visualization import training_curves

HISTORY = {
    "loss": [3.0, 2.0, 1.5],
    "metric_loss": [2.5, 1.75, 1.25],
    "val_loss": [3.5, 2.5, 2.25],
    "text_image_mi": [0.0, 0.25, 0.5],
    "fusion_image_mi": [-0.5, 0.25, 0.75],
    "val_fusion_image_mi": [-0.25, 0.0, 0.5],
    "recall_at_1": [0.1, 0.4, 0.5],
    "val_recall_at_1": [0.05, 0.3, 0.4],
    "val_recall_at_10": [0.2, 0.6, 0.8],
    "learning_rate": [0.01, 0.01, 0.001],
}


def _lines(axes):
    return {line.get_label(): line for line in axes.lines}


def test_panels_and_their_lines():
    figure = training_curves(HISTORY)
    expected = {
        "Losses": {
            "Loss": "loss",
            "Metric loss": "metric_loss",
            "Loss, validation": "val_loss",
        },
        "Text image MI, nats": {"Text image MI": "text_image_mi"},
        "Fusion image MI, nats": {
            "Fusion image MI": "fusion_image_mi",
            "Fusion image MI, validation": "val_fusion_image_mi",
        },
        "Recall": {
            "Recall at 1": "recall_at_1",
            "Recall at 1, validation": "val_recall_at_1",
            "Recall at 10, validation": "val_recall_at_10",
        },
        "Learning rate": {"Learning rate": "learning_rate"},
    }
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == list(expected)
    for axes, names in zip(figure.axes, expected.values(), strict=True):
        lines = _lines(axes)
        assert list(lines) == list(names)
        for label, name in names.items():
            np.testing.assert_array_equal(lines[label].get_xdata(), [1, 2, 3])
            np.testing.assert_array_equal(
                lines[label].get_ydata(), HISTORY[name]
            )


def test_validation_has_the_colour_of_training_but_is_dashed():
    lines = _lines(training_curves(HISTORY).axes[3])
    train, same, other = lines.values()
    assert train.get_color() == same.get_color() != other.get_color()
    assert train.get_linestyle() == "-"
    assert same.get_linestyle() == "--"
    assert train.get_markerfacecolor() == train.get_color()
    assert same.get_markerfacecolor() == "#ffffff"


def test_a_legend_only_where_there_is_a_choice():
    figure = training_curves(HISTORY)
    legends = [axes.get_legend() for axes in figure.axes]
    assert [legend is not None for legend in legends] == [
        True,
        False,
        True,
        True,
        False,
    ]


def test_records_may_lie_at_training_steps():
    figure = training_curves({"loss": [3.0, 2.0, 1.0]}, steps=[15, 30, 60])
    (axes,) = figure.axes
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), [15, 30, 60])
    assert axes.get_xlabel() == "step"
    assert training_curves({"loss": [3.0]}).axes[0].get_xlabel() == "epoch"
    alone = training_curves({"loss": [3.0]}, steps=[7])
    assert alone.axes[0].get_xticks().tolist() == [7]


def test_one_epoch_is_visible():
    figure = training_curves({"loss": [2.0], "val_loss": [3.0]})
    figure.canvas.draw()
    (axes,) = figure.axes
    for line in axes.lines:
        assert line.get_marker() == "o"
        assert line.get_markevery() == [0]
    assert axes.get_xticks().tolist() == [1]


def test_long_history_has_no_dots_but_for_lonely_points():
    values = np.linspace(3, 1, 500)
    values[100:200] = np.nan
    values[150] = 2.5
    figure = training_curves({"loss": values})
    figure.canvas.draw()
    (line,) = figure.axes[0].lines
    assert line.get_markevery() == [150]


def test_values_that_are_not_finite_leave_gaps_and_are_counted():
    history = {"a_mi": [0.5, float("nan"), float("inf"), 0.25]}
    figure = training_curves(history)
    figure.canvas.draw()
    (line,) = figure.axes[0].lines
    np.testing.assert_array_equal(line.get_ydata(), [0.5, np.nan, np.nan, 0.25])
    assert line.get_label() == "A MI (2 not finite)"
    assert figure.axes[0].get_legend() is not None


def test_nothing_finite_at_all():
    figure = training_curves({"loss": [float("nan")] * 3})
    figure.canvas.draw()
    assert figure.axes[0].get_yticks().size == 0
    assert figure.axes[0].lines[0].get_label() == "Loss (3 not finite)"


def test_odd_names_and_extreme_values_are_drawn():
    history = {f"val_{'long' * 40}{i}_recall": [0.5, 0.25] for i in range(30)}
    history |= {"a$b$_mi": [1e12, -1e12], "": [1e-9, 1e-8], "$_loss": [0, 0]}
    history["\udc80\x00\n"] = [1, 2]
    figure = training_curves(history)
    figure.canvas.draw()
    assert len(figure.axes) == 5
    widths = {round(axes.get_position().width, 6) for axes in figure.axes}
    assert len(widths) == 1


def test_a_notebook_shows_it():
    assert training_curves({"loss": [1.0]})._repr_png_()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("history", "error", "message"),
    [
        ({}, ValueError, "`history` must not be empty"),
        ([1.0], TypeError, "`history` must be a dict.*list"),
        ({"a": [1.0], "b": [1.0, 2.0]}, ValueError, "'a': 1, 'b': 2.*NaN"),
        ({"a": []}, ValueError, "at least one"),
        ({"loss": 1.0}, TypeError, r"`history\['loss'\]`.*1.0"),
        ({"loss": ["1"]}, TypeError, r"`history\['loss'\]` must be a flat"),
        ({"loss": [None]}, TypeError, "flat sequence of numbers"),
        ({"loss": [[1.0]]}, TypeError, "flat sequence of numbers"),
    ],
)
def test_errors(history, error, message):
    with pytest.raises(error, match=message):
        training_curves(history)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([1], r"`steps`.*that is 2.*\[1\]"),
        ([0.5, 1.5], "one integer per record"),
        ([5, 5], r"`steps` must increase.*\[5, 5\]"),
    ],
)
def test_step_errors(steps, message):
    with pytest.raises(ValueError, match=message):
        training_curves({"loss": [2.0, 1.0]}, steps)


def test_pyplot_and_tensorflow_stay_away():
    program = (
        "import sys; import keras_cmr.visualization as v;"
        "v.training_curves({'loss': [1.0]})._repr_png_();"
        "print([m for m in ('matplotlib.pyplot', 'tensorflow', 'keras')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
