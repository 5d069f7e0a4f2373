"""Finding the reports that a user means."""

import os
import pathlib

from keras_cmr.evaluation.report import Report
from keras_cmr.evaluation.report_file import FORMAT

# The format stands in the second line of a report.
HEAD_BYTES = 200


def load_reports(places: str | os.PathLike[str]) -> list[Report]:
    """The reports of one or several seeds.

    Args:
        places: str or path, or several with commas between: report files,
            folders of a run (its `report.json`), or folders that hold reports
            or runs (all of them, sorted by name).

    Returns:
        List of `Report`.
    """
    paths = []
    for place in str(places).split(","):
        path = pathlib.Path(place.strip()).expanduser()
        paths += _reports_of(path) if path.is_dir() else [path]
    return [Report.load(path) for path in paths]


def _reports_of(folder):
    own = folder / "report.json"
    if own.is_file():
        return [own]
    inside = [*folder.glob("*.json"), *folder.glob("*/report.json")]
    reports = sorted(path for path in inside if _is_report(path))
    if not reports:
        raise ValueError(
            f"`places` must name reports, runs or folders of them. "
            f"Received: {folder}, which holds none"
        )
    return reports


def _is_report(path):
    with path.open("rb") as file:
        return FORMAT.encode() in file.read(HEAD_BYTES)
