"""Which tables a folder of triplets holds."""

import difflib
import os
from pathlib import Path

from keras_cmr.datasets.triplets.table_file import ENDINGS

# In this order: a file of each of the first three, or one of the last.
_NAMES = ("train", "val", "test", "triplets")


def find_tables(
    folder: Path, table: str | os.PathLike | None
) -> dict[str, Path]:
    """Path of each table by the split it is of, `""` for one of all.

    Args:
        folder: Path of the data.
        table: str or path, relative to `folder`, of one table of all
            splits, or `None` for the names in README.md.

    Raises:
        FileNotFoundError: If there is no table.
        ValueError: If it is not clear which table is meant.
    """
    if table is not None:
        path = folder / Path(table).expanduser()
        if path.suffix.lower() not in ENDINGS:
            raise ValueError(
                f"`table` must end in {' or '.join(ENDINGS)}. "
                f"Received: table={os.fspath(table)!r}"
            )
        return {"": path}
    found = {}
    for name in _NAMES:
        paths = [folder / (name + ending) for ending in ENDINGS]
        paths = [path for path in paths if path.is_file()]
        if len(paths) > 1:
            raise ValueError(
                f"{folder} must hold one of {paths[0].name} and "
                f"{paths[1].name}. Received: both"
            )
        if paths:
            found[name] = paths[0]
    if "triplets" in found:
        if len(found) > 1:
            names = " and ".join(path.name for path in found.values())
            raise ValueError(
                f"{folder} must hold train and test tables, or one of "
                f"triplets. Received: {names}. `table` names one"
            )
        return {"": found["triplets"]}
    if "test" not in found:
        raise FileNotFoundError(_no_table(folder, found))
    return found


def _no_table(folder, found):
    wanted = "test" if found else "triplets"
    others = sorted(
        path.name
        for path in folder.iterdir()
        if path.suffix.lower() in (*ENDINGS, ".json", ".tsv", ".txt", ".xlsx")
        and path not in found.values()
    )
    near = difflib.get_close_matches(wanted, others, 1, 0.3) or others[:1]
    hint = f" Is it {near[0]!r}? `table` names a table of all." if near else ""
    received = f"{' and '.join(found)} alone" if found else "none"
    return (
        f"{folder} must hold a table: triplets.jsonl or triplets.csv, or "
        "train, test and, if you like, val with one of these endings. "
        f"Received: {received}.{hint}"
    )
