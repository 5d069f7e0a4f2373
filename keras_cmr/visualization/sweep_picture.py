"""What each key of a sweep does, and what two keys do together."""

import itertools

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.ticker import MaxNLocator

from keras_cmr.visualization.curves import CurvesFigure
from keras_cmr.visualization.label_places import spread
from keras_cmr.visualization.theme import LIGHT
from keras_cmr.visualization.theme import entitle

PANEL_WIDTH, PANEL_HEIGHT = 4.6, 3.0  # inches
COLUMNS = 2
MOST_PAIRS = 6
LABEL_SHARE = 0.075  # of a panel's height that a label takes
LINE_LENGTH = 16  # letters of a tick's line
MOST_LETTERS = 44  # of all ticks beside each other


def sweep_picture(record, theme=LIGHT, figure=None):
    """Draw a sweep: a panel for every key, then one for every pair of keys.

    The panel of a key has a dot for each run and a bar for the mean of each
    value; the panel of a pair has a line for each value of the
    second key. A dashed line is the mean of the first point, to which the
    table compares. Means are over all runs with that value, so that a key's
    panel says what it does *on average over the other keys of the grid*; of a
    sweep that moved one key at a time, with the others at their first values,
    and then there are no pairs.

    Args:
        record: Dict of `keras_cmr.sweep.record`.
        theme: Colours. Defaults to those for light pages.
        figure: str, such as `"R@10"`. Defaults to the protocol's first.

    Returns:
        `matplotlib.figure.Figure`, or `None` where fewer than two values of
        any key have a finished run.
    """
    runs, name = _runs(record, figure)
    alone = record.get("one_at_a_time", False)
    first = _settings(record["points"][0])
    of_key = {
        key: _others_as(first, runs, key) if alone else runs
        for key in record["grid"]
    }
    keys = {
        key: values
        for key, found in of_key.items()
        if len(values := _values(found, key)) > 1
    }
    if not keys:
        return None
    pairs = [
        pair
        for pair in itertools.combinations(keys, 2)
        if not alone
        and any(set(pair) <= settings.keys() for settings, _ in runs)
    ][:MOST_PAIRS]
    count = len(keys) + len(pairs)
    columns = min(count, COLUMNS)
    rows = -(-count // columns)
    drawn = CurvesFigure(
        figsize=(PANEL_WIDTH * columns, PANEL_HEIGHT * rows),
        facecolor=theme.ground,
        layout="constrained",
    )
    FigureCanvasAgg(drawn)
    panels = list(
        drawn.subplots(rows, columns, squeeze=False, sharey=True).flat
    )
    figures = record["points"][0]["figures"]
    base = 100 * figures[name]["mean"] if figures else None
    for axes, key in zip(panels, keys, strict=False):
        _style(axes, key, keys[key], name, base, theme)
        _draw_key(axes, of_key[key], key, keys[key], theme)
    for axes, (a, b) in zip(panels[len(keys) :], pairs, strict=False):
        both = [run for run in runs if {a, b} <= run[0].keys()]
        values = _values(both, a)
        _style(axes, f"{a} and {b}", values, name, base, theme)
        _draw_pair(axes, both, (a, values), (b, keys[b]), theme)
    for axes in panels[count:]:
        axes.set_axis_off()
    return drawn


def _runs(record, name):
    """`(settings, per cent)` of every finished run, and the figure's name."""
    runs = []
    for point in record["points"]:
        settings = _settings(point)
        for run in point["runs"]:
            if "figures" in run:
                name = name or next(iter(run["figures"]))
                runs.append((settings, 100 * run["figures"][name]))
    return runs, name


def _settings(point):
    return {key: str(value) for key, value in point["settings"].items()}


def _others_as(first, runs, key):
    """The runs whose other keys are those of the first point, or not read."""
    return [
        (settings, figure)
        for settings, figure in runs
        if all(
            value == first.get(other, value)
            for other, value in settings.items()
            if other != key
        )
    ]


def _values(runs, key):
    """The values of a key among the runs that read it, in their order."""
    return list(dict.fromkeys(s[key] for s, _ in runs if key in s))


def _draw_key(axes, runs, key, values, theme):
    colour = theme.series[0]
    means = []
    for place, value in enumerate(values):
        found = [figure for s, figure in runs if s.get(key) == value]
        axes.plot(
            np.full(len(found), place),
            found,
            linestyle="none",
            marker="o",
            markersize=4,
            color=colour,
            alpha=0.35,
            markeredgewidth=0,
        )
        means.append(np.mean(found))
    axes.plot(
        means,
        linestyle="none",
        marker="_",
        markersize=28,
        markeredgewidth=2.2,
        color=colour,
    )


def _draw_pair(axes, runs, first, second, theme):
    (a, first_values), (b, second_values) = first, second
    # Labels begin where the grid ends.
    axes.set_xlim(-0.5, len(first_values) - 0.9)
    ends = []
    for number, value in enumerate(second_values):
        colour = theme.series[number % len(theme.series)]
        places, means = [], []
        for place, other in enumerate(first_values):
            found = [
                figure for s, figure in runs if s[a] == other and s[b] == value
            ]
            if found:
                places.append(place)
                means.append(np.mean(found))
        if places:
            axes.plot(
                places,
                means,
                color=colour,
                linewidth=1.8,
                marker="o",
                markersize=4,
            )
            ends.append((places[-1], means[-1], f"{b}={value}", colour))
    low, high = axes.get_ylim()
    heights = spread([end[1] for end in ends], LABEL_SHARE * (high - low))
    for (place, mean, text, colour), height in zip(ends, heights, strict=True):
        axes.annotate(
            text,
            (place, mean),
            xytext=(len(first_values) - 0.85, height),
            textcoords="data",
            color=colour,
            fontsize=8.5,
            va="center",
            parse_math=False,
            annotation_clip=False,
        )


def _style(axes, title, values, name, base, theme):
    entitle(axes, title, theme)
    labels = [_broken(value) for value in values]
    longest = max(len(line) for text in labels for line in text.split("\n"))
    crowded = len(values) * longest > MOST_LETTERS
    axes.set_xticks(
        range(len(values)),
        labels,
        parse_math=False,
        rotation=20 if crowded else 0,
        ha="right" if crowded else "center",
    )
    axes.set_xlim(-0.5, len(values) - 0.5)
    axes.set_ylabel(f"{name}, per cent", fontsize=9, color=theme.soft)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.tick_params(colors=theme.soft, labelsize=8.5, length=0, pad=5)
    axes.tick_params(labelleft=True)
    axes.grid(axis="y", color=theme.line, linewidth=0.8)
    axes.set_axisbelow(True)
    if base is not None:
        axes.axhline(base, color=theme.soft, linewidth=1, linestyle=(0, (4, 3)))
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(theme.line)


def _broken(value):
    """A long list of names with a name a line."""
    return value.replace("+", "\n+") if len(value) > LINE_LENGTH else value
