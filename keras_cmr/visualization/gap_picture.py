"""Kinds of embeddings as clouds of points, before and after training."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patheffects import withStroke

from keras_cmr.visualization.curves import CurvesFigure
from keras_cmr.visualization.label_places import spread
from keras_cmr.visualization.theme import LIGHT
from keras_cmr.visualization.theme import entitle

PANEL = 4.2  # inches
LABEL_SHARE = 0.065  # of a panel's height that a label takes


def gap_picture(maps, theme=LIGHT):
    """Draw one panel a map, each kind a colour with its name beside it.

    Args:
        maps: Dict of title, such as `"untrained"`, to a dict of kind to a
            float array `(n, 2)`: what `neighbour_map` returns.
        theme: Colours. Defaults to those for light pages.

    Returns:
        `matplotlib.figure.Figure` with one pair of axes per map.
    """
    if not maps:
        raise ValueError("`maps` must not be empty. Received: {}.")
    figure = CurvesFigure(
        figsize=(PANEL * len(maps), PANEL),
        facecolor=theme.ground,
        layout="constrained",
    )
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(maps), squeeze=False)[0]
    for axes, (title, places) in zip(panels, maps.items(), strict=True):
        _draw(axes, title, places, theme)
    return figure


def _draw(axes, title, places, theme):
    entitle(axes, title, theme)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.margins(0.08)
    for spine in axes.spines.values():
        spine.set_color(theme.line)
    colours = {
        kind: theme.series[number % len(theme.series)]
        for number, kind in enumerate(places)
    }
    for kind, points in places.items():
        axes.scatter(
            *points.T, s=9, color=colours[kind], alpha=0.65, linewidths=0
        )
    low, high = axes.get_ylim()
    middles = [_middle(points) for points in places.values()]
    heights = spread(
        [middle[1] for middle in middles], LABEL_SHARE * (high - low)
    )
    for kind, (x, _), y in zip(places, middles, heights, strict=True):
        axes.text(
            x,
            y,
            kind,
            color=colours[kind],
            fontsize=10.5,
            fontweight="bold",
            ha="center",
            va="center",
            path_effects=[withStroke(linewidth=3.5, foreground=theme.ground)],
        )


def _middle(points):
    """The point of a cloud that is nearest to its median: it lies inside."""
    distances = np.linalg.norm(points - np.median(points, axis=0), axis=1)
    return points[distances.argmin()]
