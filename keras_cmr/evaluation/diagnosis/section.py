"""A table of a diagnosis, before it has any look."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Section:
    """A titled table of text.

    Args:
        title: str.
        columns: Tuple of str; the first names the rows.
        rows: List of tuples of str, a cell a column.
        note: str. How to read it.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    note: str = ""

    def to_markdown(self):
        """A heading, the table and the note."""
        lines = [
            f"## {self.title}",
            "",
            _line(self.columns),
            _line(["---", *["---:"] * (len(self.columns) - 1)]),
            *map(_line, self.rows),
        ]
        if self.note:
            lines += ["", self.note]
        return "\n".join(lines)


def _line(cells):
    escaped = (cell.replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"
