"""A chart of a row each: estimates as dots, or shares as bars."""

import dataclasses

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Inches.
WIDTH = 8.2
ROW = 0.27
LEFT, RIGHT, TOP, BOTTOM = 1.9, 0.25, 0.12, 0.42
LEGEND = 0.3
# Room between the dots of one row.
SPREAD = 0.2


@dataclasses.dataclass(frozen=True)
class Series:
    """One colour of a chart.

    Args:
        name: str.
        values: Sequence of float, one a row.
        intervals: Sequence of `(low, high)`, one a row. Defaults to `None`.
    """

    name: str
    values: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...] | None = None


@dataclasses.dataclass(frozen=True)
class Chart:
    """Values of named rows, beside each other or stacked.

    Args:
        rows: Sequence of str, from top to bottom.
        series: Sequence of `Series`.
        unit: str. What the axis counts. Defaults to `"per cent"`.
        stacked: bool. Whether the series of a row are bars end to end, which
            add up to a whole. Defaults to `False`: dots with intervals.
    """

    rows: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = "per cent"
    stacked: bool = False

    def __post_init__(self):
        for series in self.series:
            for values in (series.values, series.intervals):
                if values is not None and len(values) != len(self.rows):
                    raise ValueError(
                        "`series` must have one value for each of the "
                        f"{len(self.rows)} rows. Received: {len(values)} in "
                        f"{series.name!r}."
                    )

    def describe(self):
        """The chart in words, for those who can't see it."""
        rows = [
            f"{row}: "
            + ", ".join(f"{s.name} {s.values[i]:.3g}" for s in self.series)
            for i, row in enumerate(self.rows)
        ]
        return f"Chart in {self.unit}. " + "; ".join(rows) + "."


def chart_figure(chart, theme):
    """The Matplotlib figure of a chart, in the colours of a theme."""
    legend = LEGEND if len(chart.series) > 1 else 0
    height = TOP + ROW * len(chart.rows) + BOTTOM + legend
    figure = Figure(figsize=(WIDTH, height), facecolor=theme.ground)
    FigureCanvasAgg(figure)
    axes = figure.add_axes(
        (
            LEFT / WIDTH,
            (BOTTOM + legend) / height,
            (WIDTH - LEFT - RIGHT) / WIDTH,
            ROW * len(chart.rows) / height,
        )
    )
    (_bars if chart.stacked else _dots)(axes, chart, theme)
    _style(axes, chart, theme)
    if legend:
        shown = axes.legend(
            loc="lower left",
            bbox_to_anchor=(LEFT / WIDTH, 0.0),
            bbox_transform=figure.transFigure,
            ncols=len(chart.series),
            frameon=False,
            fontsize=8.5,
            borderaxespad=0.2,
            handlelength=1.1,
        )
        for text in shown.get_texts():
            text.set_color(theme.soft)
    return figure


def _dots(axes, chart, theme):
    count = len(chart.series)
    for number, series in enumerate(chart.series):
        colour = theme.series[number % len(theme.series)]
        shift = SPREAD * (number - (count - 1) / 2)
        places = [row + shift for row in range(len(chart.rows))]
        if series.intervals is not None:
            lows, highs = zip(*series.intervals, strict=True)
            axes.hlines(places, lows, highs, color=colour, linewidth=1.8)
        axes.plot(
            series.values,
            places,
            linestyle="none",
            marker="o",
            markersize=5,
            color=colour,
            label=series.name,
        )
    if axes.get_xlim()[0] < 0 < axes.get_xlim()[1]:
        axes.axvline(0, color=theme.soft, linewidth=0.8)


def _bars(axes, chart, theme):
    starts = [0.0] * len(chart.rows)
    # What is left over has the colour of the paper's lines.
    colours = [*theme.series[: len(chart.series) - 1], theme.line]
    for series, colour in zip(chart.series, colours, strict=True):
        axes.barh(
            range(len(chart.rows)),
            series.values,
            left=starts,
            height=0.66,
            color=colour,
            label=series.name,
        )
        starts = [
            start + value
            for start, value in zip(starts, series.values, strict=True)
        ]
    axes.set_xlim(0, max(starts))


def _style(axes, chart, theme):
    axes.set_facecolor("none")
    axes.set_ylim(len(chart.rows) - 0.5, -0.5)
    axes.set_yticks(range(len(chart.rows)))
    for label in axes.set_yticklabels(chart.rows):
        label.set_parse_math(False)
    axes.tick_params(axis="y", labelcolor=theme.ink)
    axes.tick_params(colors=theme.soft, labelsize=9, length=0, pad=5)
    for label in axes.get_yticklabels():
        label.set_color(theme.ink)
    axes.set_xlabel(chart.unit, fontsize=9, color=theme.soft)
    axes.grid(axis="x", color=theme.line, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("left", "right", "top", "bottom"):
        axes.spines[side].set_visible(False)
