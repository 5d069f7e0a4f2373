"""An audit as one HTML file, with the pictures that people must look at."""

from keras_cmr.evaluation.audit import splits_of
from keras_cmr.evaluation.auditing.copies import name_of
from keras_cmr.visualization.html_report import write_html_report
from keras_cmr.visualization.sheets import Sheet
from keras_cmr.visualization.tables import Table
from keras_cmr.visualization.tables import percent

MOST_GROUPS = 150
MOST_PICTURES = 12


def write_audit_page(path, audit):
    """Write what an audit found, with a contact sheet of equal pictures.

    Args:
        path: str or path. The file to write; an older one is replaced.
        audit: `keras_cmr.evaluation.Audit`.

    Returns:
        `pathlib.Path` of the file.
    """
    benchmark = audit.benchmark
    splits = splits_of(benchmark)
    leaks = "; ".join(
        f"{finding.name}, {finding.count:,} of {finding.total:,}"
        for finding in audit.leaks
    )
    return write_html_report(
        path,
        title=f"Audit of {benchmark.name}",
        subtitle=(
            f"Leaks: {leaks}. Mend them, or name them beside every figure."
            if leaks
            else "No leak found."
        ),
        summary={
            f"{name} {what}": len(getattr(split, what))
            for name, split in splits.items()
            for what in ("images", "queries")
        },
        tables=[
            _overview(audit.findings),
            *(_details(f) for f in audit.findings if f.level != "ok"),
            *_unimodal(audit.unimodal),
        ],
        sheets=[
            _sheet("Copies, byte for byte", audit.copies, splits),
            _sheet("Look-alikes", audit.look_alikes, splits),
        ],
        provenance={"data": benchmark.fingerprint},
    )


def _overview(findings):
    return Table(
        "Findings",
        ("Finding", "Level", "Found", "Of"),
        [(f.name, f.level, f"{f.count:,}", f"{f.total:,}") for f in findings],
        "By a leak the test split knows something of training, or training of "
        "the test split; a note is worth knowing.",
    )


def _details(finding):
    return Table(
        f"{finding.level.capitalize()}: {finding.name}",
        (f"Examples of {finding.count:,}",),
        [(example,) for example in finding.examples],
        f"{finding.count:,} of {finding.total:,} {finding.text}",
    )


def _unimodal(rows):
    tables = []
    for protocol, first in next(iter(rows.values())).items():
        figures = list(first.figures)
        tables.append(
            Table(
                f"Half of a query, {protocol}",
                ("Query", *figures),
                [
                    (
                        name,
                        *(
                            percent(reports[protocol].figures[figure])
                            for figure in figures
                        ),
                    )
                    for name, reports in rows.items()
                ],
                "What the reference or the text alone finds is no merit of a "
                "model that combines them.",
            )
        )
    return tables


def _sheet(title, groups, splits):
    # Across the border first: those decide whether figures mean anything.
    chosen = sorted(groups, key=lambda group: len(group.splits) < 2)
    shown = chosen[:MOST_GROUPS]
    note = f"{len(groups):,} groups, a row each." if groups else "None found."
    if len(shown) < len(groups):
        note += f" The first {len(shown):,} are shown."
    return Sheet(
        title,
        [
            [
                (
                    splits[split].images.pixels[index],
                    name_of(splits, (split, index)),
                )
                for split, index in group.images[:MOST_PICTURES]
            ]
            for group in shown
        ],
        note,
    )
