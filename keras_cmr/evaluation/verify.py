"""Are the figures of a report those of its ranks?"""

import json
import os
import pathlib

import numpy as np

from keras_cmr.evaluation.report import Report


def verify(path: str | os.PathLike[str]) -> list[str]:
    """Makes every figure of a report again from its ranks, and compares.

    Values, intervals, those of slices, and the counts that stand in the file
    for human readers. Intervals are compared exactly too: a NumPy version
    that draws other random numbers shows as differences in `low` and `high`,
    and the last line then names both versions. Whether the ranks themselves
    are right, only the model can tell (`keras-cmr evaluate`).

    Args:
        path: str or path. A file that `Report.save` wrote.

    Returns:
        List of str, a line a difference; empty if there is none.

    Raises:
        ValueError: If the file is no report, or holds no ranks.

    Example:

    ```python
    import keras_cmr

    css = keras_cmr.datasets.css.generate(scenes=20, verbose=0)
    images = css.test.images.pixels.reshape(len(css.test.images), -1) + 1.0
    report = keras_cmr.evaluation.evaluate_embeddings(
        images[css.test.queries.references], images, css.test
    )
    report.save("report.json")
    keras_cmr.evaluation.verify("report.json")  # []
    ```
    """
    path = pathlib.Path(path)
    stated = Report.load(path)
    made = stated.recompute()
    # `load` doesn't read them: they follow from the ranks.
    head = json.loads(path.read_text(encoding="utf-8"))
    lines = [
        _line(name, head.get(name), getattr(made, name))
        for name in ("num_queries", "num_unanswerable")
        if head.get(name) != getattr(made, name)
    ]
    lines += _figures("", stated.figures, made.figures)
    for name in sorted({*stated.slices, *made.slices}):
        sides = [report.slices.get(name, {}) for report in (stated, made)]
        counts = [side.get("n") for side in sides]
        if counts[0] != counts[1]:
            lines.append(_line(f"{name} n", *counts))
        figures = [side.get("figures", {}) for side in sides]
        lines += _figures(f"{name} ", *figures)
    then = stated.context.get("numpy")
    if lines and then not in (None, np.__version__):
        lines.append(
            f"numpy: the report was made with {then}, this is "
            f"{np.__version__}; intervals may differ by that"
        )
    return lines


def _figures(where, stated, made):
    """Lines about the figures of one slice, or of all queries."""
    lines = []
    for name in dict.fromkeys((*made, *stated)):
        sides = stated.get(name, {}), made.get(name, {})
        for part in ("value", "low", "high"):
            numbers = [side.get(part) for side in sides]
            if numbers[0] != numbers[1]:
                lines.append(_line(f"{where}{name} {part}", *numbers))
    return lines


def _line(what, stated, made):
    return f"{what}: stated {stated}, from the ranks {made}"
