"""A sweep as a Markdown table."""

MOST_FIGURES = 3
ABSENT = "–"


def table(record):
    """The table of a sweep, one row a point.

    Args:
        record: Dict of `keras_cmr.sweep.record`.

    Returns:
        str, Markdown.
    """
    points = record["points"]
    keys = list(record["grid"])
    named = next((p["figures"] for p in points if p["figures"]), {})
    figures = list(named)[:MOST_FIGURES]
    heads = [*keys, "seeds", *figures]
    if figures:
        heads += [f"{figures[0]}, difference", "training"]
    lines = [_row(heads), "|---" * len(heads) + "|"]
    for point in points:
        cells = [str(point["settings"].get(key, ABSENT)) for key in keys]
        done = sum("figures" in run for run in point["runs"])
        cells.append(str(done))
        cells += [_cell(point["figures"].get(name)) for name in figures]
        if figures:
            cells.append(_cell(point["difference"].get(figures[0]), "+"))
            cells.append(_seconds(point["training_seconds"]))
        lines.append(_row(cells))
    failed = [
        f"- {point['name']}, seed {run['seed']}: {run['error']}"
        for point in points
        for run in point["runs"]
        if "error" in run
    ]
    parts = ["\n".join(lines), _note(record)]
    if failed:
        parts.append("\n".join(["Failed:", "", *failed]))
    return "\n\n".join(parts) + "\n"


def _note(record):
    text = (
        f"{record['protocol']}; per cent, mean over seeds with the 95 % "
        "interval of Student's t over seeds, where there are two or more. "
        "Differences are to the first row, paired by seed; of twenty rows "
        "without any effect one has an interval that leaves 0 out, by chance."
    )
    if not record["complete"]:
        text += " Runs are missing: the sweep is not complete."
    return text


def _row(cells):
    return f"| {' | '.join(cells)} |"


def _cell(figure, sign=""):
    if figure is None:
        return ABSENT
    mean, low, high = (
        None if figure[key] is None else f"{100 * figure[key]:{sign}.1f}"
        for key in ("mean", "low", "high")
    )
    return mean if low is None else f"{mean} [{low}, {high}]"


def _seconds(seconds):
    return ABSENT if seconds is None else f"{seconds:.0f} s"
