"""The reports of one model under several protocols, side by side."""

import os
import pathlib

from keras_cmr.evaluation.report import Report


class Reports(dict[str, Report]):
    """Dict of protocol name -> `Report`, of one model on one split.

    `print(reports)` shows one row a protocol. The rules differ in what they
    search and count, so a figure may be compared down the models of one row,
    never down the rows of one model.
    """

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write each report to `<folder>/<protocol>.json`, `/` as `_`."""
        folder = pathlib.Path(folder)
        for name, report in self.items():
            report.save(folder / f"{name.replace('/', '_')}.json")

    def __str__(self) -> str:
        first = next(iter(self.values()))
        names = list(
            dict.fromkeys(
                name for report in self.values() for name in report.figures
            )
        )
        where = "/".join(filter(None, (first.benchmark, first.split)))
        width = max(map(len, ("protocol", *self)))
        heads = "".join(f"{name:>8}" for name in names)
        lines = [
            f"{where}: {first.num_queries:,} queries; figures in per cent",
            f"{'protocol':<{width}}{'searched':>9}{heads}",
        ]
        for protocol, report in self.items():
            cells = "".join(
                f"{100 * report.figures[name]['value']:8.2f}"
                if name in report.figures
                else " " * 8
                for name in names
            )
            row = f"{protocol:<{width}}{report.num_candidates:>9,}{cells}"
            lines.append(row.rstrip())
        if first.lost_queries:
            lines.append(
                f"{first.lost_queries:,} more queries lack an image and are "
                "not counted; print one report for the bounds."
            )
        return "\n".join(lines)
