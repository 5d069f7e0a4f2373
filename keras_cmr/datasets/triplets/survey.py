"""Everything that a folder of triplets says, checked."""

import dataclasses
import os
from pathlib import Path

from keras_cmr.datasets.image_folder import ImageFolder
from keras_cmr.datasets.triplets.columns import Columns
from keras_cmr.datasets.triplets.faults import MISSING
from keras_cmr.datasets.triplets.faults import Fault
from keras_cmr.datasets.triplets.faults import Report
from keras_cmr.datasets.triplets.find_tables import find_tables
from keras_cmr.datasets.triplets.image_names import ImageNames
from keras_cmr.datasets.triplets.row_checks import check_rows
from keras_cmr.datasets.triplets.row_checks import check_splits
from keras_cmr.datasets.triplets.seeded_split import check_share
from keras_cmr.datasets.triplets.seeded_split import seeded_split
from keras_cmr.datasets.triplets.table_file import read_table
from keras_cmr.datasets.triplets.triplet import SPLITS
from keras_cmr.datasets.triplets.triplet import Triplet
from keras_cmr.datasets.triplets.triplet import parse_triplet


@dataclasses.dataclass(frozen=True)
class Survey:
    """What was found.

    Args:
        folder: The `ImageFolder`.
        names: The `ImageNames` in it.
        tables: Tuple of the paths of the tables.
        triplets: List of `Triplet`s of all splits in the order of the
            tables, each with its split; the images in them are names.
        ignored: Tuple of the names of columns that were not read.
        splits: Tuple of str, the splits that there are.
        divided: bool. Whether the splits were made here.
    """

    folder: ImageFolder
    names: ImageNames
    tables: tuple[Path, ...]
    triplets: list[Triplet]
    ignored: tuple[str, ...]
    splits: tuple[str, ...]
    divided: bool

    def of(self, split: str) -> list[Triplet]:
        return [row for row in self.triplets if row.split == split]


def survey(
    data_dir: str | os.PathLike,
    table: str | os.PathLike | None,
    test_share: float,
    seed: int,
    report: Report,
) -> Survey:
    """Read and check the tables of a folder; every fault is reported.

    Raises:
        FileNotFoundError: If the folder, its `images` or a table is missing.
        ValueError: For arguments, or if it is not clear which table counts.
    """
    check_share(test_share, seed)
    root = Path(data_dir).expanduser()
    if not root.is_dir():
        raise FileNotFoundError(f"There is no folder {root}.")
    tables = find_tables(root, table)
    folder = ImageFolder(root / "images")
    names = ImageNames(folder, report)
    triplets, ignored = [], set()
    for split, path in tables.items():
        columns = Columns()
        rows = _parsed(path, columns, split, report)
        triplets += [_with_names(row, names, report) for row in rows]
        ignored.update(columns.ignored)
    triplets = [row for row in triplets if row is not None]
    check_rows(triplets, report)
    divided = "" in tables and not any(row.split for row in triplets)
    if divided:
        splits = seeded_split(triplets, test_share, seed)
        triplets = [
            dataclasses.replace(row, split=split)
            for row, split in zip(triplets, splits, strict=True)
        ]
    _check_split_column(triplets, report)
    # One table has rows to train and to test, or says why not.
    there = {*tables, *({"train", "test"} if "" in tables else ())}
    there |= {row.split for row in triplets}
    splits = tuple(split for split in SPLITS if split in there)
    check_splits(triplets, tables, splits, report)
    return Survey(
        folder,
        names,
        tuple(tables.values()),
        triplets,
        tuple(sorted(ignored)),
        splits,
        divided,
    )


def _parsed(path, columns, split, report):
    for place, record in read_table(path, columns, report):
        triplet = parse_triplet(place, record, report)
        if triplet is None:
            continue
        if split and triplet.split not in ("", split):
            problem = (
                f"`split` must be {split!r}, as the table's name says. "
                f"Received: {triplet.split!r}"
            )
            report(Fault("broken value", place, problem))
            continue
        yield dataclasses.replace(triplet, split=triplet.split or split)


def _with_names(triplet, names, report):
    """The triplet with names of images, or `None` if one can't be."""
    resolved = []
    for column, written in (
        ("reference", triplet.reference),
        *(("target", target) for target in triplet.targets),
    ):
        try:
            name = names.resolve(written)
        except ValueError as error:
            problem = f"`{column}` {error}"
            report(Fault("image name", triplet.place, problem))
            continue
        resolved.append(name)
        if name not in names.files:
            problem = f"`{column}` {written!r}: {names.why_missing(name)}"
            report(Fault(MISSING, triplet.place, problem))
    if len(resolved) <= len(triplet.targets):
        return None
    return dataclasses.replace(
        triplet, reference=resolved[0], targets=tuple(resolved[1:])
    )


def _check_split_column(triplets, report):
    for row in triplets:
        if not row.split:
            problem = (
                "`split` must say 'train', 'val' or 'test', as in other rows."
            )
            report(Fault("broken value", row.place, problem))
