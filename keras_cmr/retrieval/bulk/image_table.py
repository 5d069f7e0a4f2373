"""A table of own photos: CSV or JSON lines, one row a picture."""

import csv
import json
from pathlib import Path

from keras_cmr.datasets.annotation_file import distinct_names
from keras_cmr.retrieval.adding import checked_ids
from keras_cmr.retrieval.argument_types import PathLike
from keras_cmr.retrieval.bulk.source import Picture
from keras_cmr.retrieval.bulk.source import Source
from keras_cmr.retrieval.metadata import checked_metadata
from keras_cmr.retrieval.metadata_text import value_of

ENDINGS = (".csv", ".jsonl")
_DELIMITERS = ",;\t"


def image_table(path: PathLike, folder: PathLike | None = None) -> Source:
    """The pictures that a table names, with ids and metadata.

    The column `path` says where a picture lies. The column `id` is its id in
    the gallery and may be missing: then it is the path as written. All other
    columns are metadata. Of a CSV's cells, those that are JSON numbers or
    `true` and `false` become such, so that `{"price": {"$lt": 50}}` finds
    them; empty ones are left out.

    Args:
        path: Path of a UTF-8 file that ends in `.csv` (separated by commas,
            semicolons or tabs, with a header) or `.jsonl`.
        folder: Path that the pictures' paths start from. Defaults to the
            table's folder.

    Returns:
        What `keras_cmr.retrieval.index_images` and `embed_images` take.

    Example:

    ```python
    import pathlib
    import keras_cmr

    pathlib.Path("photos.csv").write_text(
        "id,path,brand,price\\n17,shoes/17.jpg,x,49.90\\n"
    )
    table = keras_cmr.retrieval.image_table("photos.csv", "/mnt/photos")
    next(table.pictures()).metadata    # {"brand": "x", "price": 49.9}
    ```
    """
    path = Path(path)
    folder = path.parent if folder is None else Path(folder)
    if path.suffix.lower() not in ENDINGS:
        raise ValueError(
            f"A table must end in {' or '.join(ENDINGS)}. Received: {path}"
        )
    if not path.is_file():
        raise ValueError(f"No such table: {path}")
    rows = _csv_rows if path.suffix.lower() == ".csv" else _json_rows
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            table = [_picture(*row, folder) for row in rows(path, file)]
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} must be UTF-8: {error}") from None
    if not table:
        raise ValueError(f"{path} must name at least one picture.")
    try:
        checked_ids([picture.id for picture in table])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return Source(str(path), lambda: iter(table), len(table))


def _picture(place, row, folder):
    path = row.pop("path", None)
    if not isinstance(path, str) or not path.strip():
        raise ValueError(
            f"{place}: `path` must say where the picture lies. "
            + (f"Received: {path!r}" if path is not None else "It is missing")
        )
    id = row.pop("id", path)
    if isinstance(id, int) and not isinstance(id, bool):
        id = str(id)
    if not isinstance(id, str) or not id.strip():
        raise ValueError(f"{place}: `id` must be a name. Received: {id!r}")
    try:
        [metadata] = checked_metadata([row], 1)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None
    return Picture(id, folder / path, metadata)


def _csv_rows(path, file):
    first = file.readline()
    file.seek(0)
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    header = None
    while True:
        place = f"{path}, line {reader.line_num + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ValueError(f"{place}: not CSV: {error}") from None
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [cell.strip() for cell in cells]
            _check_header(place, header)
            continue
        if len(cells) != len(header):
            raise ValueError(
                f"{place}: each row must have {len(header)} cells, as the "
                f"header has. Received: {len(cells)}"
            )
        row = dict(zip(header, map(str.strip, cells), strict=True))
        yield (
            place,
            {
                name: cell if name in ("id", "path") else _cell(cell)
                for name, cell in row.items()
                if name and (cell or name in ("id", "path"))
            },
        )


def _check_header(place, header):
    if "path" not in header:
        raise ValueError(
            f"{place}: the header must name a column `path`. Received: "
            f"{', '.join(header)[:200]}"
        )
    for name in header:
        # Spreadsheets write empty columns at the right edge.
        if name and header.count(name) > 1:
            raise ValueError(f"{place}: the column `{name}` stands there twice")


def _cell(text):
    value = value_of(text)
    return value if isinstance(value, bool | int | float) else text


def _json_rows(path, file):
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            row = json.loads(line, object_pairs_hook=distinct_names)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{place}: not JSON: {error}") from None
        if not isinstance(row, dict):
            raise ValueError(
                f"{place}: each line must hold one JSON object. "
                f"Received: {line.strip()[:60]!r}"
            )
        yield place, row
