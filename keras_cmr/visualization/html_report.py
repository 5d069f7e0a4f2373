"""A report that is one HTML file."""

import pathlib
from collections.abc import Mapping

import jinja2

from keras_cmr.durable import replace_file
from keras_cmr.version import __version__
from keras_cmr.visualization import html_parts
from keras_cmr.visualization.examples import check_text
from keras_cmr.visualization.pictures import check_examples
from keras_cmr.visualization.sheets import Sheet
from keras_cmr.visualization.tables import Table


def write_html_report(
    path,
    *,
    title,
    summary,
    subtitle="",
    summary_note="",
    tables=(),
    history=None,
    history_steps=None,
    examples=(),
    searches=(),
    sheets=(),
    provenance=None,
    commands=(),
):
    """Write a report as one HTML file that asks for nothing outside itself.

    Styles and pictures are part of the file and there is no script, so that
    it can be mailed, printed, and read without a network or on a telephone.
    It follows the reader's light or dark scheme. Sections without content are
    left out. Missing folders are created, and the file appears whole or not
    at all.

    Args:
        path: str or path. The file to write; an older one is replaced.
        title: str. Heading of the page.
        summary: dict of name to headline figure: a str, an int, or an entry
            of `Report.figures` (`"value"`, `"low"`, `"high"` in `[0, 1]`).
        subtitle: str. A sentence under the heading. Defaults to `""`.
        summary_note: str. What the figures and intervals mean. Defaults to
            `""`.
        tables: Sequence of `Table`. Defaults to `()`.
        history: dict. Training history as `training_curves` takes it.
            Defaults to `None`.
        history_steps: Sequence of int. The training step of each record of
            the history. Defaults to `None`: one record per epoch.
        examples: Sequence of `RankedExample`. Queries of the benchmark.
            Defaults to `()`.
        searches: Sequence of `RankedExample`. Searches in a gallery, whose
            hits have `correct=None`. Defaults to `()`.
        sheets: Sequence of `Sheet`, groups of small pictures. Defaults to
            `()`.
        provenance: dict of name to value: how the report was made (command,
            seed, fingerprint, versions, hardware, time). Values are shown as
            `str` writes them. Defaults to `None`.
        commands: Sequence of `(purpose, command)`: what to try next. Defaults
            to `()`.

    Returns:
        `pathlib.Path` of the file.

    Example:
    ```python
    import keras_cmr.visualization as visualization

    visualization.write_html_report(
        "report.html",
        title="TIRG on CSS",
        summary={"R@1": {"value": 0.724, "low": 0.717, "high": 0.731}},
        commands=[("Search", "keras-cmr search runs/a")],
    )
    ```
    """
    for name, text in (
        ("title", title),
        ("subtitle", subtitle),
        ("summary_note", summary_note),
    ):
        check_text(text, name)
    page = _template().render(
        title=title,
        subtitle=subtitle,
        summary=[
            html_parts.headline(str(name), figure)
            for name, figure in _mapping(summary, "summary").items()
        ],
        summary_note=summary_note,
        tables=[
            html_parts.table(table)
            for table in _all_of(tables, Table, "tables")
        ],
        curves=html_parts.curves(history, history_steps),
        examples=[
            html_parts.query(example)
            for example in check_examples(examples, "examples")
        ],
        searches=[
            html_parts.query(example)
            for example in check_examples(searches, "searches")
        ],
        sheets=[
            html_parts.sheet(sheet)
            for sheet in _all_of(sheets, Sheet, "sheets")
        ],
        provenance=_mapping(provenance or {}, "provenance"),
        commands=_checked_commands(commands),
        version=__version__,
    )
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A lone surrogate, from a path of odd bytes, has no UTF-8 form.
    replace_file(path, page.encode("utf-8", "xmlcharrefreplace"))
    return path


def _template():
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(pathlib.Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["split_interval"] = html_parts.split_interval
    return environment.get_template("report.html.j2")


def _mapping(value, name):
    if not isinstance(value, Mapping):
        raise TypeError(
            f"`{name}` must be a dict. Received: {type(value).__name__}."
        )
    return value


def _all_of(values, kind, name):
    values = list(values)
    for value in values:
        if not isinstance(value, kind):
            raise TypeError(
                f"`{name}` must hold `{kind.__name__}` objects. "
                f"Received: {type(value).__name__}."
            )
    return values


def _checked_commands(commands):
    commands = list(commands)
    for pair in commands:
        if isinstance(pair, str) or len(pair) != 2:
            raise ValueError(
                "`commands` must hold pairs of purpose and command. "
                f"Received: {pair!r}."
            )
        check_text(pair[0], "commands")
        check_text(pair[1], "commands")
    return commands
