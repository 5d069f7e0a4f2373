"""What rows must not say of each other."""

from collections.abc import Sequence
from pathlib import Path

from keras_cmr.datasets.triplets.faults import Fault
from keras_cmr.datasets.triplets.faults import Report
from keras_cmr.datasets.triplets.triplet import Triplet

# A model learns from what the other queries of a batch ask for.
_LEAST = {"train": 2, "val": 1, "test": 1}

_KINDS = {"train": "training", "val": "validation", "test": "test"}


def check_rows(triplets: Sequence[Triplet], report: Report) -> None:
    """Report rows that contradict themselves or earlier ones."""
    rows: dict[tuple, str] = {}
    ids: dict[str, str] = {}
    labels: dict[str, tuple[str, str]] = {}
    for row in triplets:
        for target in row.targets:
            if target == row.reference:
                problem = f"`target` is the reference itself: {target!r}"
                report(Fault("target is reference", row.place, problem))
        if len(set(row.targets)) < len(row.targets):
            problem = f"`target` names an image twice: {row.targets}"
            report(Fault("duplicate target", row.place, problem))
        key = (row.reference, row.modification, frozenset(row.targets))
        if key in rows:
            problem = f"the row says the same as {rows[key]}"
            report(Fault("duplicate row", row.place, problem))
        rows.setdefault(key, row.place)
        if row.id and row.id in ids:
            problem = f"`id` {row.id!r} is that of {ids[row.id]} as well"
            report(Fault("duplicate id", row.place, problem))
        ids.setdefault(row.id, row.place)
        for target in row.targets:
            label, place = labels.setdefault(target, (row.label, row.place))
            if label != row.label:
                problem = (
                    f"`label` of {target!r} is {row.label!r} here and "
                    f"{label!r} in {place}"
                )
                report(Fault("contradicting label", row.place, problem))
    for row in triplets:
        if row.label and labels.get(row.reference, ("",))[0] == row.label:
            problem = (
                f"`label` {row.label!r} is also that of the reference, by "
                f"{labels[row.reference][1]}. Images of one label are equally "
                "right answers, so the query would ask for what it shows"
            )
            report(Fault("label of the reference", row.place, problem))


def check_splits(
    triplets: Sequence[Triplet],
    tables: dict[str, Path],
    wanted: Sequence[str],
    report: Report,
) -> None:
    """Report images in two splits, and splits that are too small.

    Args:
        triplets: Sequence of `Triplet`s with their splits.
        tables: Dict from split, or `""`, to the path of its table.
        wanted: Sequence of str. The splits that there must be, in the order
            in which they are made.
        report: Function that is told of each fault.
    """
    users: dict[str, Triplet] = {}
    for split in wanted:
        rows = [row for row in triplets if row.split == split]
        for row in rows:
            for image in (row.reference, *row.targets):
                user = users.setdefault(image, row)
                if user.split != split:
                    problem = (
                        f"the {_KINDS[split]} query uses {image!r}, an image "
                        f"of the {_KINDS[user.split]} query in {user.place}"
                    )
                    report(Fault("image in two splits", row.place, problem))
    for split in wanted:
        count = sum(row.split == split for row in triplets)
        if count < _LEAST[split]:
            path = str(tables.get(split, tables.get("")))
            problem = (
                f"the {split} split must have at least {_LEAST[split]} "
                f"queries. Received: {count} without a fault"
            )
            if "" in tables:
                problem += (
                    ". Queries that share images, directly or through others, "
                    "go to one split; a column `split` overrules that"
                )
            report(Fault("too few queries", path, problem))
