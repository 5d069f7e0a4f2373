"""A sweep as Markdown tables."""

MOST_FIGURES = 3
ABSENT = "–"


def table(record):
    """A sweep's figures, then what they are over the first point's.

    Args:
        record: Dict of `keras_cmr.sweep.record`.

    Returns:
        str, Markdown.
    """
    points = record["points"]
    keys = list(record["grid"])
    named = next((p["figures"] for p in points if p["figures"]), {})
    figures = list(named)[:MOST_FIGURES]
    heads = [*keys, "seeds", *figures, *(["training"] if figures else [])]
    rows, changes = [], []
    for point in points:
        setting = [str(point["settings"].get(key, ABSENT)) for key in keys]
        done = sum("figures" in run for run in point["runs"])
        cells = [*setting, str(done)]
        cells += [_cell(point["figures"].get(name)) for name in figures]
        if figures:
            cells.append(_seconds(point["training_seconds"]))
        rows.append(cells)
        if point["difference"]:
            change = point["difference"]
            cells = [_cell(change.get(name), "+") for name in figures]
            changes.append([*setting, *cells])
    parts = [_grid(heads, rows)]
    if changes:
        over = [f"{name}, difference" for name in figures]
        parts.append(_grid([*keys, *over], changes))
    parts.append(_note(record))
    failed = [
        f"- {point['name']}, seed {run['seed']}: {run['error']}"
        for point in points
        for run in point["runs"]
        if "error" in run
    ]
    if failed:
        parts.append("\n".join(["Failed:", "", *failed]))
    return "\n\n".join(parts) + "\n"


def _note(record):
    text = (
        f"{record['protocol']}; per cent, mean over seeds with the 95 % "
        "interval of Student's t over seeds, where there are two or more. "
        "Differences are to the first row, paired by seed; of twenty "
        "without any effect one has an interval that leaves 0 out, by chance."
    )
    if not record["complete"]:
        text += " Runs are missing: the sweep is not complete."
    return text


def _grid(heads, rows):
    lines = [heads, *rows]
    text = [f"| {' | '.join(cells)} |" for cells in lines]
    return "\n".join([text[0], "|---" * len(heads) + "|", *text[1:]])


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
