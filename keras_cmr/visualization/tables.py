"""Tables of a report and figures with their intervals in words."""

import dataclasses
import math
import numbers
from collections.abc import Mapping

from keras_cmr.visualization.chart import Chart
from keras_cmr.visualization.examples import check_text


@dataclasses.dataclass(frozen=True)
class Table:
    """A titled table of text.

    Args:
        title: str. What the table compares.
        columns: Sequence of str. Heads, the first one that of the row names.
        rows: Sequence of rows, each with one cell per column. The first cell
            names the row; a cell is a str or a number.
        note: str. How to read it, shown underneath. Defaults to `""`.
        highlight: int. Row that is set apart. Defaults to `None`.
        chart: `Chart`, shown above the rows. Defaults to `None`.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    highlight: int | None = None
    chart: Chart | None = None

    def __post_init__(self):
        check_text(self.title, "title")
        check_text(self.note, "note")
        columns = tuple(self.columns)
        if not columns:
            raise ValueError("`columns` must not be empty. Received: ().")
        rows = []
        for number, row in enumerate(self.rows):
            row = tuple(_cell(value) for value in row)
            if len(row) != len(columns):
                raise ValueError(
                    f"`rows[{number}]` must have one cell per column, that "
                    f"is {len(columns)}. Received: {len(row)} cells."
                )
            rows.append(row)
        if self.highlight is not None and not 0 <= self.highlight < len(rows):
            raise ValueError(
                f"`highlight` must be a row in 0..{len(rows) - 1}. "
                f"Received: {self.highlight}."
            )
        object.__setattr__(self, "columns", tuple(map(_cell, columns)))
        object.__setattr__(self, "rows", tuple(rows))

    def _repr_markdown_(self):
        """What a notebook shows."""
        lines = [self.columns, ("---",) * len(self.columns), *self.rows]
        if self.highlight is not None:
            cells = lines[2 + self.highlight]
            lines[2 + self.highlight] = [f"**{x}**" if x else x for x in cells]
        table = [
            "| " + " | ".join(map(_markdown_cell, line)) + " |"
            for line in lines
        ]
        parts = [f"**{self.title}**", "\n".join(table), self.note]
        return "\n\n".join(filter(None, parts))


def report_table(
    reports,
    figures=("R@1", "R@10"),
    title="Comparison",
    note="",
    highlight=None,
):
    """Compare evaluation reports, a row each.

    Args:
        reports: dict of row name to `keras_cmr.evaluation.Report`.
        figures: Sequence of str. Names in `Report.figures`, a column each.
            Defaults to `("R@1", "R@10")`.
        title: str. Title of the table. Defaults to `"Comparison"`.
        note: str. Shown under the table. Defaults to `""`.
        highlight: str. Row name that is set apart. Defaults to `None`.

    Returns:
        `Table` with cells such as `"72.4 % [71.7, 73.1]"`.
    """
    if not isinstance(reports, Mapping) or not reports:
        raise ValueError(
            "`reports` must be a dict of name to report with at least one "
            f"entry. Received: {reports!r}."
        )
    rules = {
        (report.protocol, report.protocol_version, report.dataset_fingerprint)
        for report in reports.values()
    }
    if len(rules) > 1:
        raise ValueError(
            "`reports` must come from one protocol, version and data set, or "
            f"their figures cannot be compared. Received: {sorted(rules)}."
        )
    rows = []
    for name, report in reports.items():
        cells = [name]
        for figure in figures:
            if figure not in report.figures:
                raise ValueError(
                    f"`figures` must name figures of the report {name!r}: "
                    f"{', '.join(report.figures)}. Received: {figure!r}."
                )
            cells.append(percent(report.figures[figure]))
        rows.append(cells)
    if highlight is not None and highlight not in reports:
        raise ValueError(
            f"`highlight` must be one of {', '.join(reports)}. "
            f"Received: {highlight!r}."
        )
    place = None if highlight is None else list(reports).index(highlight)
    return Table(title, ("Model", *figures), rows, note, place)


def percent(estimate):
    """A figure of a report in words, such as `"72.4 % [71.7, 73.1]"`.

    Args:
        estimate: Dict with `"value"`, `"low"` and `"high"`, each from 0 to 1.

    Returns:
        str.
    """
    value, low, high = bounds(estimate)
    return f"{100 * value:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def bounds(estimate):
    """`value`, `low` and `high` of an estimate of a share, checked."""
    missing = {"value", "low", "high"} - set(estimate)
    if missing:
        raise ValueError(
            'An estimate must have the entries "value", "low" and "high". '
            f"Received: {dict(estimate)!r}."
        )
    values = [float(estimate[name]) for name in ("value", "low", "high")]
    if not all(math.isfinite(value) and 0 <= value <= 1 for value in values):
        raise ValueError(
            "An estimate must lie in [0, 1]: it is shown in per cent. "
            f"Received: {dict(estimate)!r}."
        )
    return values


def _markdown_cell(text):
    # A bar would end the cell, a line break the table.
    return " ".join(text.split()).replace("|", "\\|")


def _cell(value):
    if isinstance(value, str):
        return value
    if isinstance(value, numbers.Integral):
        return f"{value:,}"
    if isinstance(value, numbers.Real):
        return f"{value:.4g}"
    raise TypeError(
        "A cell must be a string or a number. "
        f"Received: {type(value).__name__}."
    )
