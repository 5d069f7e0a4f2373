"""Learning curves of the rows of `fashion_products.py`, as one picture."""

import numpy as np

from benchmarks.fashion_products_table import ROWS
from keras_cmr.visualization.curve_panels import Panel
from keras_cmr.visualization.curve_panels import Series
from keras_cmr.visualization.curves import panels_figure
from keras_cmr.visualization.theme import LIGHT

# More lines than colours nobody can tell apart.
DRAWN = (
    "imageonly",
    "textonly",
    "concat",
    "tirg",
    "tirg_mi",
    "tirg_mi_finetuned",
)
PANELS = {
    "metric_loss": "Metric loss",
    "recall_at_1": "First of its batch, in training",
}


def write(found, path):
    """Draws the first seed of each row.

    Args:
        found: Dict of row to dict of seed to `Report`.
        path: Path of the picture.
    """
    curves = {
        ROWS[name]: next(iter(found[name].values())).context["learning_curve"]
        for name in DRAWN
        if name in found
    }
    if not curves:
        return
    longest = max(len(curve["loss"]) for curve in curves.values())
    panels = [
        Panel(
            title,
            figure == "recall_at_1",
            tuple(
                _series(label, curve[figure], number, longest)
                for number, (label, curve) in enumerate(curves.items())
            ),
            np.arange(1, longest + 1),
            "epoch",
        )
        for figure, title in PANELS.items()
    ]
    panels_figure(panels, LIGHT).savefig(path, dpi=110)


def _series(label, values, number, longest):
    padded = np.full(longest, np.nan)
    padded[: len(values)] = values
    return Series(label, padded, number, False, 0)
