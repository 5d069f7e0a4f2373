"""Curves of a training run."""

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.ticker import PercentFormatter
from matplotlib.ticker import ScalarFormatter

from keras_cmr.visualization.curve_panels import curve_panels
from keras_cmr.visualization.theme import LIGHT
from keras_cmr.visualization.theme import entitle

# Inches. Fixed margins keep panels aligned, whatever their ticks and labels.
WIDTH = 4.1
PLOT_HEIGHT = 1.75
LEFT, RIGHT, TOP, BOTTOM = 0.68, 0.16, 0.42, 0.6
EDGE = 0.12
LEGEND_ROW = 0.185

COLUMNS = 2
MOST_MARKED = 40
LONGEST_PAIRED_LABEL = 26


class CurvesFigure(Figure):
    """A Matplotlib figure that a notebook shows without `pyplot`."""

    def _repr_png_(self):
        stream = io.BytesIO()
        self.savefig(stream, format="png", dpi=110)
        return stream.getvalue()


def training_curves(history, steps=None, theme=LIGHT):
    """Draw a training history.

    Losses share a panel, so do recalls; every estimate of mutual information
    has its own, in nats. A name and its `val_` twin have one colour, the
    validation curve is dashed and its dots are hollow. Values that are not
    finite leave a gap and are counted in the legend.

    Args:
        history: dict of name to sequence of float, one per epoch, all of the
            same length: the `history` attribute of `keras.callbacks.History`.
        steps: Sequence of int. The training step of each record, if they are
            not one per epoch: `StepHistory.steps`. Defaults to `None`.
        theme: Colours. Defaults to those for light pages.

    Returns:
        `matplotlib.figure.Figure` with one pair of axes per panel.

    Example:
    ```python
    import keras_cmr.visualization as visualization

    history = {"loss": [2.0, 1.4, 1.1], "text_image_mi": [0.0, 0.2, 0.4]}
    figure = visualization.training_curves(history)
    figure.savefig("curves.png")
    ```
    """
    return panels_figure(curve_panels(history, steps), theme)


def panels_figure(panels, theme):
    """A figure with one pair of axes per `Panel`, two in a row."""
    columns = min(len(panels), COLUMNS)
    rows = [panels[i : i + columns] for i in range(0, len(panels), columns)]
    heights = [
        TOP + PLOT_HEIGHT + BOTTOM + LEGEND_ROW * max(map(_legend_rows, row))
        for row in rows
    ]
    width, height = WIDTH * columns, sum(heights)
    figure = CurvesFigure(figsize=(width, height), facecolor=theme.ground)
    FigureCanvasAgg(figure)
    top = height
    for row, row_height in zip(rows, heights, strict=True):
        for column, panel in enumerate(row):
            left = WIDTH * column
            box = (
                (left + LEFT) / width,
                (top - TOP - PLOT_HEIGHT) / height,
                (WIDTH - LEFT - RIGHT) / width,
                PLOT_HEIGHT / height,
            )
            axes = figure.add_axes(box)
            _draw_panel(axes, panel, theme)
            if _legend_rows(panel):
                below = top - TOP - PLOT_HEIGHT - BOTTOM + 0.06
                anchor = ((left + EDGE) / width, below / height)
                _draw_legend(axes, panel, anchor, theme)
        top -= row_height
    return figure


def _draw_panel(axes, panel, theme):
    _style(axes, panel, theme)
    for series in panel.series:
        colour = theme.series[series.colour % len(theme.series)]
        axes.plot(
            panel.places,
            series.values,
            label=series.label,
            color=colour,
            linestyle=(0, (4, 2)) if series.validation else "-",
            linewidth=1.8 if len(panel.places) <= MOST_MARKED else 1.2,
            marker="o",
            markersize=4,
            markerfacecolor=theme.ground if series.validation else colour,
            markevery=_marked(series.values),
        )
    first, last = panel.places[0], panel.places[-1]
    margin = 0.03 * (last - first) or 0.5
    axes.set_xlim(first - margin, last + margin)
    ticks = MaxNLocator(6, integer=True).tick_values(first, last)
    inside = [tick for tick in ticks if first <= tick <= last]
    axes.set_xticks(inside or [first])
    if panel.percent:
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1))
    else:
        axes.yaxis.set_major_formatter(ScalarFormatter(useOffset=False))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    if all(np.isnan(series.values).all() for series in panel.series):
        axes.set_yticks([])


def _marked(values):
    """Points drawn as dots: all of a short curve, else those without line."""
    finite = np.isfinite(values)
    if len(values) <= MOST_MARKED:
        return np.flatnonzero(finite).tolist()
    near = np.zeros_like(finite)
    near[1:] |= finite[:-1]
    near[:-1] |= finite[1:]
    return np.flatnonzero(finite & ~near).tolist()


def _legend_columns(panel):
    longest = max(len(series.label) for series in panel.series)
    return 2 if longest <= LONGEST_PAIRED_LABEL else 1


def _legend_rows(panel):
    if len(panel.series) == 1 and not panel.series[0].missing:
        return 0  # The title says it all.
    return -(-len(panel.series) // _legend_columns(panel))


def _draw_legend(axes, panel, anchor, theme):
    legend = axes.legend(
        loc="upper left",
        bbox_to_anchor=anchor,
        bbox_transform=axes.figure.transFigure,
        ncols=_legend_columns(panel),
        frameon=False,
        fontsize=8.5,
        borderpad=0,
        borderaxespad=0,
        columnspacing=1.4,
    )
    for text in legend.get_texts():
        text.set_color(theme.soft)
        text.set_parse_math(False)


def _style(axes, panel, theme):
    entitle(
        axes,
        panel.title,
        theme,
        x=(EDGE - LEFT) / (WIDTH - LEFT - RIGHT),
        y=1,  # Keeps Matplotlib from moving it out of the figure.
        pad=13,
    )
    axes.set_xlabel(panel.unit, fontsize=9, color=theme.soft)
    axes.tick_params(colors=theme.soft, labelsize=9, length=0, pad=5)
    axes.grid(axis="y", color=theme.line, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(theme.line)
