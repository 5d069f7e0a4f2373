"""A diagnosis as one HTML file, with queries to look at."""

from keras_cmr.evaluation.diagnosis.outcomes import OUTCOMES
from keras_cmr.visualization.chart import Chart
from keras_cmr.visualization.chart import Series
from keras_cmr.visualization.examples import RankedExample
from keras_cmr.visualization.examples import RankedHit
from keras_cmr.visualization.html_report import write_html_report
from keras_cmr.visualization.tables import Table

SHOWN_HITS = 6


def write_diagnosis_page(path, diagnosis):
    """Write what a diagnosis found: tables, charts and ranked pictures.

    Args:
        path: str or path. The file to write; an older one is replaced.
        diagnosis: `keras_cmr.evaluation.Diagnosis`.

    Returns:
        `pathlib.Path` of the file.
    """
    report = diagnosis.report
    where = "/".join(filter(None, (report.benchmark, report.split)))
    charts = {
        "Figures by kind": _by_kind(report),
        "Kept and changed": _outcomes(diagnosis.outcomes),
        "What the fusion adds up": _shares(diagnosis.parts),
        "Classes of words": _word_classes(diagnosis.word_table("roles")),
    }
    return write_html_report(
        path,
        title=f"Diagnosis of {where or 'a model'}",
        subtitle=f"{report.num_queries:,} queries, {report.protocol}. "
        + " ".join(f"{note}." for note in diagnosis.notes),
        summary=_summary(diagnosis),
        summary_note="Estimates with their 95 % interval over queries.",
        tables=[
            Table(
                section.title,
                section.columns,
                section.rows,
                section.note,
                chart=charts.get(section.title),
            )
            for section in diagnosis.sections
        ],
        examples=_examples(diagnosis),
        provenance={
            "data": report.dataset_fingerprint,
            "protocol": f"{report.protocol} version {report.protocol_version}",
            "model": report.model_fingerprint or "-",
            "bootstrap": f"{report.resamples:,} resamples, seed {report.seed}",
            "parts and words of": f"{diagnosis.sample:,} queries",
            **{
                name: report.context[name]
                for name in ("command", "date")
                if name in report.context
            },
        },
    )


def _summary(diagnosis):
    name, figure = next(iter(diagnosis.report.figures.items()))
    summary = {name: figure}
    if diagnosis.outcomes is not None:
        first = diagnosis.outcomes["all"]["first"]
        summary["first hit keeps the rest"] = first["kept"]
        summary["first hit shows the change"] = first["changed"]
    if diagnosis.parts is not None and "gate" in diagnosis.parts["all"]:
        gate = diagnosis.parts["all"]["gate"]["mean"]
        summary["mean gate"] = f"{gate:.2f}"
    return summary


def _by_kind(report):
    slices = {
        name.removeprefix("kind="): part["figures"]
        for name, part in report.slices.items()
        if name.startswith("kind=")
    }
    name = next(iter(report.figures))
    return _estimates(name, {**slices, "all": report.figures}, name)


def _word_classes(table):
    if not table:
        return None
    return _estimates(
        "change of R@1 without it", table, "difference", "points of R@1"
    )


def _estimates(name, rows, key, unit=None):
    figures = [row[key] for row in rows.values()]
    return Chart(
        tuple(rows),
        [
            Series(
                name,
                [100 * figure["value"] for figure in figures],
                [(100 * f["low"], 100 * f["high"]) for f in figures],
            )
        ],
        unit or f"{name}, per cent",
    )


def _outcomes(groups):
    if groups is None:
        return None
    return Chart(
        tuple(groups),
        [
            Series(
                name,
                [100 * g["first"][name]["value"] for g in groups.values()],
            )
            for name in OUTCOMES
        ],
        "per cent of the first hits",
        stacked=True,
    )


def _shares(groups):
    if groups is None:
        return None
    names = [name for name in groups["all"] if name.startswith("share of ")]
    if not names:
        return None
    return Chart(
        tuple(groups),
        [
            Series(
                name.removeprefix("share of "),
                [100 * group[name]["mean"] for group in groups.values()],
            )
            for name in names
        ],
        "per cent of the query",
    )


def _examples(diagnosis):
    split = diagnosis.split
    images, queries = split.images, split.queries
    weights = [abs(d) for e in diagnosis.examples for _, d in e.words]
    scale = max(weights, default=0.0) or 1.0
    return [
        RankedExample(
            reference=split.reference_pixels[queries.references[example.row]],
            modification=str(queries.modifications[example.row]),
            hits=[
                RankedHit(
                    images.pixels[hit],
                    float(score),
                    bool(right),
                    _caption(example, place, images.captions[hit]),
                )
                for place, (hit, score, right) in enumerate(
                    zip(
                        example.hits[:SHOWN_HITS],
                        example.scores,
                        example.correct,
                        strict=False,
                    )
                )
            ],
            target=images.pixels[queries.targets[example.row][0]],
            rank=example.rank,
            shading=[(piece, drop / scale) for piece, drop in example.words],
            remark=example.outcome,
        )
        for example in diagnosis.examples
    ]


def _caption(example, place, caption):
    """What a hit keeps and changes; what it shows, where nobody knows."""
    if example.verdicts is None:
        return str(caption)
    return str(example.verdicts[place])
