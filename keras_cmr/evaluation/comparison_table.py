"""A comparison as text for a terminal of 80 columns."""


def table(comparison):
    """Text of a `Comparison`: figures, wins, then a row a slice."""
    lines = [
        f"{comparison.protocol}: b - a, {comparison.num_queries:,} queries, "
        f"{comparison.seeds} a side, "
        f"{comparison.resamples:,} resamples",
        f"{'figure':<10}{'a %':>8}{'b %':>8}{'b - a':>8}   "
        f"{'95 % interval':<20}share > 0",
    ]
    for name, figure in comparison.figures.items():
        lines.append(f"{name:<10}{_row(figure):<47}{figure['positive']:.3f}")
    first = next(iter(comparison.figures))
    lines.append(
        f"{first}: b wins {comparison.wins:,}, loses "
        f"{comparison.losses:,}, ties {comparison.ties:,}"
    )
    if comparison.slices:
        width = max(map(len, comparison.slices))
        lines += [
            "",
            f"{first + ' by slice':<{width}}{'n':>8}{'a %':>8}{'b %':>8}"
            f"{'b - a':>8}   95 % interval",
        ]
        for name, part in comparison.slices.items():
            figure = part["figures"][first]
            lines.append(f"{name:<{width}}{part['n']:>8,}{_row(figure)}")
    return "\n".join(lines)


def _row(figure):
    return (
        f"{100 * figure['a']:8.2f}{100 * figure['b']:8.2f}"
        f"{100 * figure['difference']:+8.2f}   "
        f"{100 * figure['low']:+.2f} to {100 * figure['high']:+.2f}"
    )
