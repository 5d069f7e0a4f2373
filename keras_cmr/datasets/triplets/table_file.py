"""JSON lines and CSV to records, the same for the same content."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from keras_cmr.datasets.annotation_file import distinct_names
from keras_cmr.datasets.annotation_file import read_lines
from keras_cmr.datasets.annotation_file import read_text
from keras_cmr.datasets.triplets.columns import Columns
from keras_cmr.datasets.triplets.faults import Fault
from keras_cmr.datasets.triplets.faults import Report

ENDINGS = (".jsonl", ".csv")
_DELIMITERS = ",;\t"
# No file system admits it in a name on Windows; few people use it elsewhere.
_BETWEEN_TARGETS = "|"


def read_table(
    path: Path, columns: Columns, report: Report
) -> Iterator[tuple[str, dict]]:
    """Place ("file, line n") and record of each row that can be read.

    In both formats a record has the required columns, and `target` is a list
    if it comes from CSV.

    Raises:
        FileNotFoundError: Naming the file.
    """
    rows = _csv_rows if path.suffix.lower() == ".csv" else _json_rows
    try:
        content = _content(path)
    except ValueError as error:
        report(Fault("unreadable table", "", str(error)))
        return
    yield from rows(path, content, columns, report)


def _content(path: Path):
    if path.suffix.lower() == ".csv":
        return read_text(path)
    return list(read_lines(path))


def _json_rows(path, lines, columns, report):
    for number, line in lines:
        place = f"{path}, line {number}"
        try:
            record = json.loads(line, object_pairs_hook=distinct_names)
        except (ValueError, RecursionError) as error:
            problem = f"each line must hold one JSON object: {error}"
            report(Fault("broken row", place, problem))
            continue
        if not isinstance(record, dict):
            problem = (
                "each line must hold one JSON object. "
                f"Received: {line.strip()[:60]!r}"
            )
            report(Fault("broken row", place, problem))
        elif columns.check(place, record, report):
            yield place, record


def _csv_rows(path, text, columns, report):
    reader = csv.reader(
        # Line ends stay as they are, so that a text may hold some.
        io.StringIO(text, newline=""),
        delimiter=_delimiter(text, columns),
        strict=True,
    )
    header = None
    while True:
        place = f"{path}, line {reader.line_num + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            report(Fault("broken row", place, _quoting(error)))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [cell.strip() for cell in cells]
            if not _good_header(place, header, columns, report):
                return
        elif len(cells) != len(header):
            problem = (
                f"each row must have {len(header)} cells, as the header has. "
                f"Received: {len(cells)}. A cell that holds the separator "
                'stands in double quotes: "red, not blue"'
            )
            report(Fault("broken row", place, problem))
        else:
            record = dict(zip(header, cells, strict=True))
            record["target"] = record["target"].split(_BETWEEN_TARGETS)
            yield place, record
    if header is None:
        problem = f"the first line must name the columns {columns.text}"
        report(Fault("missing column", str(path), problem))


def _good_header(place, header, columns, report):
    for name in sorted(set(header)):
        # Spreadsheets write empty columns at the right edge.
        if name and header.count(name) > 1:
            problem = f"the column `{name}` stands there twice"
            report(Fault("broken row", place, problem))
            return False
    return columns.check(place, dict.fromkeys(header), report)


def _delimiter(text, columns):
    first = text.lstrip().partition("\n")[0]

    def known(delimiter):
        names = [cell.strip(' \r"') for cell in first.split(delimiter)]
        return sum(name in columns.known for name in names), len(names)

    return max(_DELIMITERS, key=known)


def _quoting(error):
    return (
        f"not CSV: {error}. A cell with a double quote in it stands in double "
        'quotes and has its own doubled: "5"" heel"'
    )
