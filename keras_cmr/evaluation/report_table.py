"""A report as text for a terminal of 80 columns, figures in per cent."""


def table(report):
    """Text of a `Report`: origin, figures with intervals, slices."""
    where = "/".join(filter(None, (report.benchmark, report.split)))
    lines = [
        f"{where}: {report.protocol} version {report.protocol_version}",
        f"{report.num_queries:,} queries, {report.num_candidates:,} "
        f"candidates, {report.num_unanswerable:,} queries without a valid "
        "candidate",
        f"data {report.dataset_fingerprint[:12] or '-'}, "
        f"model {report.model_fingerprint[:12] or '-'}, "
        f"keras_cmr {report.package_version}",
        "",
        f"{'figure':<10}{'%':>8}   95 % interval (bootstrap, "
        f"{report.resamples:,} resamples of the queries)",
    ]
    for name, figure in report.figures.items():
        lines.append(
            f"{name:<10}{_percent(figure['value'])}   {_range(figure)}"
        )
    if report.lost_queries:
        lines += _lost(report)
    if report.slices:
        lines += _slices(report)
    return "\n".join(lines)


def _slices(report):
    names = "".join(f"{name:>8}" for name in report.figures)
    width = max(map(len, ("slice", *report.slices)))
    lines = ["", f"{'slice':<{width}}{'n':>8}{names}"]
    for name, part in report.slices.items():
        values = "".join(
            _percent(figure["value"]) for figure in part["figures"].values()
        )
        lines.append(f"{name:<{width}}{part['n']:>8,}{values}")
    return lines


def _lost(report):
    """What the figures could be with the queries that lack an image."""
    missing = report.context.get("missing_images", 0)
    lines = [
        "",
        f"{report.lost_queries:,} more queries are not counted: they need one "
        f"of {missing:,} missing images.",
        f"{'figure':<10}{'':>8}   if all of them were misses to if all were "
        "hits",
    ]
    for name, bound in report.bounds().items():
        lines.append(f"{name:<10}{'':>8}   {_range(bound)}")
    return lines


def _range(figure):
    return (
        f"{_percent(figure['low']).strip()} to "
        f"{_percent(figure['high']).strip()}"
    )


def _percent(value):
    return f"{100 * value:8.2f}"
