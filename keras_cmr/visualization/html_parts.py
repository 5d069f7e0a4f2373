"""What the report's template shows, made of plain strings."""

import re
from collections.abc import Mapping

from keras_cmr.visualization.chart import chart_figure
from keras_cmr.visualization.curve_panels import curve_panels
from keras_cmr.visualization.curves import panels_figure
from keras_cmr.visualization.data_uri import figure_uri
from keras_cmr.visualization.data_uri import picture_uri
from keras_cmr.visualization.data_uri import thumbnail_uri
from keras_cmr.visualization.tables import bounds
from keras_cmr.visualization.theme import DARK
from keras_cmr.visualization.theme import LIGHT


def headline(name, figure):
    """One figure of the headline: text, and for an estimate its interval.

    Args:
        name: str. What the figure is.
        figure: str or int, or an estimate of a share: a dict with `"value"`,
            `"low"` and `"high"` in `[0, 1]`.
    """
    if isinstance(figure, str):
        return {"name": name, "text": figure}
    if isinstance(figure, int) and not isinstance(figure, bool):
        return {"name": name, "text": f"{figure:,}"}
    if isinstance(figure, Mapping):
        value, low, high = (100 * share for share in bounds(figure))
        return {
            "name": name,
            "text": f"{value:.1f}",
            "unit": "%",
            "interval": f"{low:.1f} to {high:.1f} %",
            "value": f"{value:.2f}",
            "low": f"{low:.2f}",
            "width": f"{high - low:.2f}",
        }
    raise TypeError(
        f"`summary[{name!r}]` must be a string, an integer or an estimate "
        f"with value, low and high. Received: {type(figure).__name__}."
    )


def table(value):
    """A `Table` with the pictures of its chart."""
    parts = {
        name: getattr(value, name)
        for name in ("title", "columns", "rows", "note", "highlight")
    }
    if value.chart is not None:
        parts["chart"] = {
            "light": figure_uri(chart_figure(value.chart, LIGHT)),
            "dark": figure_uri(chart_figure(value.chart, DARK)),
            "alt": value.chart.describe(),
        }
    return parts


def curve(panel):
    """One panel of curves as a pair of pictures with their description."""
    return {
        "light": figure_uri(panels_figure([panel], LIGHT)),
        "dark": figure_uri(panels_figure([panel], DARK)),
        "alt": panel.describe(),
    }


def curves(history, steps):
    """All panels of a history; none if there is no history."""
    panels = curve_panels(history, steps) if history else []
    return [curve(panel) for panel in panels]


def query(example):
    """A `RankedExample` as addresses, descriptions and labels."""
    parts = {
        "modification": example.modification.strip(),
        "words": [_word(*pair) for pair in example.shading],
        "remark": example.remark,
        "place": example.place,
        "found": any(hit.correct for hit in example.hits),
        "hits": [
            _hit(place, hit) for place, hit in enumerate(example.hits, start=1)
        ],
    }
    if example.reference is not None:
        parts["reference"] = picture_uri(example.reference)
    if example.shows_target:
        parts["target"] = picture_uri(example.target)
    return parts


def _word(piece, weight):
    return {
        "text": piece,
        "depth": f"{abs(weight):.2f}",
        "kind": "against" if weight < 0 else "for",
        "plain": round(abs(weight), 2) == 0,
    }


def _hit(place, hit):
    caption = hit.caption.strip()
    alt = f"Hit {place}: {caption}" if caption else f"Hit {place}"
    return {
        "uri": picture_uri(hit.pixels),
        "alt": f"{alt} (right answer)" if hit.correct else alt,
        "place": place,
        "score": f"{hit.score:.3f}",
        "caption": caption,
        "correct": bool(hit.correct),
    }


def sheet(value):
    """A `Sheet` as addresses and captions."""
    return {
        "title": value.title,
        "note": value.note,
        "groups": [
            [
                {"uri": thumbnail_uri(pixels), "caption": caption}
                for pixels, caption in group
            ]
            for group in value.groups
        ],
    }


def split_interval(cell):
    """`"72.4 % [71.7, 73.1]"` as its value and its interval."""
    match = re.fullmatch(r"(.+?) (\[[^\[\]]+\])", cell)
    return match.groups() if match else (cell, "")
