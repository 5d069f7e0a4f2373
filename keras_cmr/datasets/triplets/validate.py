"""Every fault of a folder of triplets at once, and what is fine."""

import collections
import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

from keras_cmr.datasets.triplets.example_sheet import example_sheet
from keras_cmr.datasets.triplets.faults import Fault
from keras_cmr.datasets.triplets.seeded_split import check_share
from keras_cmr.datasets.triplets.survey import Survey
from keras_cmr.datasets.triplets.survey import survey
from keras_cmr.datasets.triplets.triplet import SPLITS
from keras_cmr.datasets.triplets.unreadable import check_pictures
from keras_cmr.words import split_words


@dataclasses.dataclass(frozen=True)
class Validation:
    """What is wrong in a folder, and what is fine.

    `print(validation)` shows each fault, a table of their numbers and the
    summary.

    Args:
        faults: Tuple of `Fault`s, each with `kind`, `place` and `message`.
        summary: Dict from what was counted to the count, as text.
        sheet: RGB `PIL.Image.Image` of up to six triplets, or `None`.
    """

    faults: tuple[Fault, ...]
    summary: dict[str, str]
    sheet: object = None

    def __str__(self) -> str:
        lines = [str(fault) for fault in self.faults]
        if lines:
            kinds = collections.Counter(fault.kind for fault in self.faults)
            counts = {kind: f"{n:,}" for kind, n in kinds.most_common()}
            total = {"all faults": f"{len(lines):,}"}
            lines += ["", *_aligned("fault", "number", counts | total)]
        else:
            lines = ["No faults."]
        if self.summary:
            lines += ["", *_aligned("found", "number", self.summary)]
        return "\n".join(lines)


def validate(
    data_dir: str | os.PathLike,
    table: str | os.PathLike | None = None,
    test_share: float = 0.2,
    seed: int = 0,
    verbose: int = 1,
) -> Validation:
    """Check a folder of images and triplets, to the end.

    Without a fault here, `read` reads the folder with `strict=True` and
    `verify=True`; both use the same checks. The arguments are those of `read`.

    Args:
        data_dir: string or path. The folder.
        table: string or path, relative to `data_dir`, or `None`.
        test_share: float. For one table without a column `split`.
        seed: int. For the same.
        verbose: int. `0` hides the progress bar.

    Returns:
        A `Validation`.

    Raises:
        FileNotFoundError: If there is no folder `data_dir`.

    Example:

    ```python
    import pathlib

    import keras_cmr

    pathlib.Path("shop/images").mkdir(parents=True)
    pathlib.Path("shop/test.csv").write_text(
        "reference;modification;target\\na.png;brighter;b.png\\n"
    )
    validation = keras_cmr.datasets.triplets.validate("shop", verbose=0)
    [fault.kind for fault in validation.faults]    # twice "missing image"
    ```
    """
    if not Path(data_dir).expanduser().is_dir():
        raise FileNotFoundError(f"There is no folder {data_dir}.")
    check_share(test_share, seed)
    faults: list[Fault] = []
    try:
        found = survey(data_dir, table, test_share, seed, faults.append)
    except (FileNotFoundError, ValueError) as error:
        # No images or no table, or no telling which: nothing to go on with.
        return Validation((*faults, Fault("missing file", "", str(error))), {})
    unreadable = check_pictures(found, faults.append, verbose)
    return Validation(
        tuple(faults), _summary(found), example_sheet(found, unreadable)
    )


def _summary(found: Survey) -> dict[str, str]:
    named = {n for r in found.triplets for n in (r.reference, *r.targets)}
    train, val, test = (
        [split_words(row.modification) for row in found.of(split)]
        for split in SPLITS
    )
    known = {word for words in train for word in words}
    new = {word for words in test for word in words} - known
    labels = {row.label for row in found.triplets if row.label}
    kinds = {row.kind for row in found.triplets if row.kind}
    summary = {
        "tables": ", ".join(path.name for path in found.tables),
        "images": f"{len(found.names.files):,}",
        "images no row names": f"{len(found.names.files.keys() - named):,}",
        "queries to train": f"{len(train):,}",
        **({"queries to validate": f"{len(val):,}"} if val else {}),
        "queries to test": f"{len(test):,}",
        "targets a query": _spread([len(r.targets) for r in found.triplets]),
        "words a query": _spread([len(words) for words in train + val + test]),
        "words to learn": f"{len(known):,}",
        "test words not learnt": f"{len(new):,}",
    }
    for name, values in (("labels", labels), ("kinds", kinds)):
        if values:
            summary[name] = f"{len(values):,}"
    if found.ignored:
        summary["columns not read"] = ", ".join(found.ignored)
    if found.names.hidden:
        summary["hidden files"] = f"{found.names.hidden:,}"
    if found.folder.outside:
        summary["links out of images/"] = f"{len(found.folder.outside):,}"
    return summary


def _spread(counts: Sequence[int]) -> str:
    if not counts:
        return "-"
    low, high = min(counts), max(counts)
    mean = sum(counts) / len(counts)
    return f"{low}" if low == high else f"{low} to {high}, mean {mean:.1f}"


def _aligned(left, right, rows):
    rows = {left: right, **rows}
    width = max(map(len, rows))
    return [f"{name:<{width}}  {value}" for name, value in rows.items()]
