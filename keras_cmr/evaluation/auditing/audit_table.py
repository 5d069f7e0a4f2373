"""An audit as text for a terminal of 80 columns."""

import textwrap

WIDTH = 80


def table(audit):
    """Text of an `Audit`: splits, findings, rows that ignore a half."""
    benchmark = audit.benchmark
    sizes = [
        f"{name} {len(split.images):,} images, {len(split.queries):,} queries"
        for name in ("train", "test", "server")
        if (split := getattr(benchmark, name)) is not None
    ]
    lines = textwrap.wrap(
        f"Audit of {benchmark.name}: " + "; ".join(sizes), WIDTH
    )
    lines.append("")
    for finding in audit.findings:
        count = f"{finding.count:,} of {finding.total:,}"
        if finding.level == "ok":
            lines.append(f"OK    {finding.name}: {count}")
            continue
        lines.append(f"{finding.level.upper():<5} {finding.name}")
        lines += _indented(f"{count} {finding.text}")
        for example in finding.examples:
            lines += _indented(f"- {example}", hanging=2)
        lines.append("")
    lines += ["", "Queries that ignore the text, the image, or both; per cent"]
    width = max(map(len, audit.unimodal))
    for protocol, report in next(iter(audit.unimodal.values())).items():
        heads = "".join(f"{name:>8}" for name in report.figures)
        lines += ["", protocol, f"{'':<{width + 2}}{heads}"]
        for row, reports in audit.unimodal.items():
            cells = "".join(
                f"{100 * figure['value']:8.2f}"
                for figure in reports[protocol].figures.values()
            )
            lines.append(f"  {row:<{width}}{cells}")
    verdict = ", ".join(finding.name for finding in audit.leaks)
    lines += ["", f"Leaks: {verdict}" if verdict else "No leak found."]
    return "\n".join(lines)


def _indented(text, hanging=0):
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * 6,
        subsequent_indent=" " * (6 + hanging),
        break_on_hyphens=False,
    )
