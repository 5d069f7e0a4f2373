"""The tables of a diagnosis."""

from keras_cmr.evaluation.diagnosis.deletions import PHRASES
from keras_cmr.evaluation.diagnosis.outcomes import OUTCOMES
from keras_cmr.evaluation.diagnosis.outcomes import SHARES
from keras_cmr.evaluation.diagnosis.section import Section

MOST_WORDS = 20
LEAST_TEXTS = 5
COSINES = ("query, reference", "query, target", "reference, target")


def sections(diagnosis):
    """List of `Section`, in the order in which they are read."""
    made = [*_slices(diagnosis.report)]
    if diagnosis.outcomes is not None:
        made += _outcomes(diagnosis.outcomes)
    if diagnosis.parts is not None:
        made += _parts(diagnosis)
    if diagnosis.words is not None:
        made += _words(diagnosis)
    return made


def _slices(report):
    """A table for each group of slices."""
    first, *others = report.figures
    columns = (first, *others, "Queries")
    whole = ("all", *_figures(report.figures), f"{report.num_queries:,}")
    for group in report.groups:
        rows = [
            (
                name.removeprefix(f"{group}="),
                *_figures(part["figures"]),
                f"{part['n']:,}",
            )
            for name, part in report.slices.items()
            if name.startswith(f"{group}=")
        ]
        yield Section(
            f"Figures by {group}",
            (group.capitalize(), *columns),
            [*rows, whole],
            _GROUP_NOTES.get(group, ""),
        )


_GROUP_NOTES = {
    "kind": "Per cent; in brackets the 95 % interval over queries.",
    "seen": "True: the target holds only combinations of shape and colour "
    "that training shows.",
    "position": "By the word for a cell in the text.",
    "objects": "By how many objects the reference has.",
    "changed object": "Whether training shows the shape and colour, together, "
    "of the object that the text asks for, or of the one it removes.",
    "words": "By how many words the text has.",
}


def _outcomes(groups):
    yield Section(
        "Kept and changed",
        ("Text", *(name.capitalize() for name in OUTCOMES), "Queries"),
        [
            (
                name,
                *(estimate(group["first"][o]) for o in OUTCOMES),
                f"{group['n']:,}",
            )
            for name, group in groups.items()
        ],
        "The first hit: does it keep all that the text leaves alone, and show "
        "all that it asks for? Per cent with the 95 % interval. By chance: one "
        "image drawn at random for each query.",
    )
    k = groups["all"]["k"]
    yield Section(
        f"How much is kept, and the first {k} hits",
        (
            "Text",
            *(name.capitalize() for name in SHARES),
            "Extra objects",
            f"Kept, mean of {k}",
            f"Changed, mean of {k}",
        ),
        [
            (
                name,
                *(
                    estimate(group["first"][s]) if s in group["first"] else "-"
                    for s in SHARES
                ),
                f"{group['extra objects']:.2f}",
                *_means(group["all"]),
            )
            for name, group in groups.items()
        ],
        "Objects and attributes are those that the text leaves alone, in the "
        "first hit; extra objects stand where there should be none. The last "
        f"columns are the share of the first {k} hits that keep everything, "
        "and that show the change.",
    )


def _means(shares):
    both, kept, changed, _ = (shares[name] for name in OUTCOMES)
    return f"{100 * (both + kept):.1f}", f"{100 * (both + changed):.1f}"


def _parts(diagnosis):
    groups = diagnosis.parts
    names = [name for name in groups["all"] if name != "n"]
    others = [name for name in names if name not in COSINES]
    sampled = f"Means over {diagnosis.sample:,} queries. "
    yield Section(
        "Where the queries lie",
        ("Text", *(f"cos({name})" for name in COSINES), "Queries"),
        _part_rows(groups, COSINES),
        sampled + "A query should be nearer to its target than the reference "
        "is, and no copy of the reference.",
    )
    if others:
        yield Section(
            "What the fusion adds up",
            ("Text", *(name.capitalize() for name in others), "Queries"),
            _part_rows(groups, others),
            sampled + "Gate: the weight of the reference, from 0 to 1. Shares "
            "of a query add up to 1, and a part that points away from it has "
            "less than 0. The residual is made of image and text together.",
        )


def _part_rows(groups, names):
    return [
        (
            group,
            *(f"{part[name]['mean']:.3f}" for name in names),
            f"{part['n']:,}",
        )
        for group, part in groups.items()
    ]


def _words(diagnosis):
    columns = ("Change of R@1", "R@1", "Without", "Drop", "Rank", "Texts")
    note = (
        f"What happens to {diagnosis.sample:,} queries when their texts lack "
        "the word. Drop: the fall "
        "of the margin by which the best right image leads the best wrong one, "
        "in cosines. R@1 counts the best right image at place 1, in per cent; "
        "ranks are medians."
    )
    yield Section(
        "Classes of words",
        ("Class", *columns),
        [_word_row(*item) for item in diagnosis.word_table("roles").items()],
        note,
    )
    table = {
        word: row
        for word, row in diagnosis.word_table("words").items()
        if word not in PHRASES and row["n"] >= LEAST_TEXTS
    }
    if not table:
        return
    rows = [_word_row(*item) for item in table.items()][:MOST_WORDS]
    yield Section(
        "Words that matter most",
        ("Word", *columns),
        rows,
        f"{len(rows)} of the {len(table):,} words that {LEAST_TEXTS} texts or "
        "more have.",
    )


def _word_row(name, row):
    change = row["difference"]
    low, high = 100 * change["low"], 100 * change["high"]
    return (
        name,
        f"{100 * change['value']:+.1f} [{low:+.1f}, {high:+.1f}]",
        f"{100 * row['R@1']['value']:.1f}",
        f"{100 * row['R@1 without']['value']:.1f}",
        f"{row['drop']:+.3f}",
        f"{row['rank']:g} → {row['rank without']:g}",
        f"{row['n']:,}",
    )


def _figures(figures):
    return [estimate(figure) for figure in figures.values()]


def estimate(figure):
    """`72.4 [71.7, 73.1]`, in per cent."""
    value, low, high = (100 * figure[key] for key in ("value", "low", "high"))
    return f"{value:.1f} [{low:.1f}, {high:.1f}]"
