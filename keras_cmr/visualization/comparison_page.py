"""A comparison of two models as one HTML file."""

from keras_cmr.visualization.html_report import write_html_report
from keras_cmr.visualization.tables import Table


def write_comparison_page(path, comparison, a, b, names=("a", "b")):
    """Write a comparison, figure by figure and slice by slice.

    Args:
        path: str or path. The file to write; an older one is replaced.
        comparison: `keras_cmr.evaluation.Comparison` of the reports.
        a: List of `Report`, one side of it.
        b: List of `Report`, the other side.
        names: Pair of str. What to call the sides. Defaults to
            `("a", "b")`.

    Returns:
        `pathlib.Path` of the file.
    """
    first, figure = next(iter(comparison.figures.items()))
    report = a[0]
    # A query counts once for each pair of seeds.
    counted = (
        "queries" if comparison.num_seeds == 1 else "pairs of query and seed"
    )
    return write_html_report(
        path,
        title=f"{names[1]} against {names[0]}",
        subtitle=(
            f"{report.benchmark or 'benchmark'}/{report.split}, "
            f"{comparison.protocol}: {comparison.num_queries:,} queries, "
            f"{comparison.seeds} a side."
        ),
        summary={
            f"{first}, {names[0]}": f"{100 * figure['a']:.1f} %",
            f"{first}, {names[1]}": f"{100 * figure['b']:.1f} %",
            "difference, points": _difference(figure),
        },
        summary_note=(
            f"{first}: {names[1]} wins {comparison.wins:,} {counted}, loses "
            f"{comparison.losses:,} and ties {comparison.ties:,}. Intervals "
            f"of 95 % come from {comparison.resamples:,} paired resamples of "
            + (
                "queries and seeds; few seeds make them too narrow."
                if comparison.num_seeds > 1
                else "the queries; they know nothing of other training seeds."
            )
        ),
        tables=[
            _figures(comparison, names),
            *([_slices(comparison, names)] if comparison.slices else []),
        ],
        provenance={
            "data": report.dataset_fingerprint or "-",
            "protocol": f"{report.protocol} version {report.protocol_version}",
            f"model of {names[0]}": _models(a),
            f"model of {names[1]}": _models(b),
            "bootstrap": (
                f"{comparison.resamples:,} resamples, seed {comparison.seed}"
            ),
        },
    )


def _figures(comparison, names):
    return Table(
        "Figures",
        ("Figure", "Difference", *names, "Share above 0"),
        [
            (name, *_cells(figure), f"{figure['positive']:.3f}")
            for name, figure in comparison.figures.items()
        ],
        "Per cent, and points with their 95 % interval. The last column is "
        "the share of resamples in which the difference is above 0.",
    )


def _slices(comparison, names):
    first = next(iter(comparison.figures))
    return Table(
        f"{first} by slice",
        ("Slice", "Difference", *names, "Queries"),
        [
            (name, *_cells(part["figures"][first]), part["n"])
            for name, part in comparison.slices.items()
        ],
        "Of twenty slices without any difference one has an interval that "
        "leaves 0 out, by chance.",
    )


def _cells(figure):
    # What a narrow screen must show stands first.
    return (
        _difference(figure),
        f"{100 * figure['a']:.1f}",
        f"{100 * figure['b']:.1f}",
    )


def _difference(figure):
    low, high = 100 * figure["low"], 100 * figure["high"]
    return f"{100 * figure['difference']:+.1f} [{low:+.1f}, {high:+.1f}]"


def _models(reports):
    return ", ".join(r.model_fingerprint[:12] or "-" for r in reports)
