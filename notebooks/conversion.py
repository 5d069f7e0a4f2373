"""From `NN_title.py` to `NN_title.ipynb`, and what must hold for both.

Sources are py:percent. Jupytext turns them into cells; what every notebook
has, the Colab badge and the install cell, is added here, so that no source
repeats it. The first cell names the extras that it needs:
`# %% [markdown] extras="retrieval,gap"`.

Outputs are kept small and hold nothing of the machine: no standard error
(progress bars, warnings of libraries), no absolute paths. Notebooks that read
real photos (`KERAS_CMR_DATA`) keep pictures only in cells tagged `drawn`, and
nothing of cells tagged `data`, which print captions or names of files: their
licences do not allow them here.
"""

import re
from pathlib import Path

import jupytext
import nbformat

# The one place where the project's public address stands. None is known yet:
# set it before the notebooks are published.
REPOSITORY = "keras-cmr/keras-cmr"
BRANCH = "main"

COLUMNS = ("Reported by others", "Ours", "Command", "Hardware", "Seed")
MOST_BYTES = 1_000_000
MOST_PICTURE_BYTES = 150_000
# What else would differ from machine to machine, or tell about one.
ABSOLUTE_PATH = re.compile(r"(?<![\w/.:~])/(?:work|tmp|home|root|usr|var)/\w")
# In a notebook, Python's logging of TensorFlow goes to standard output.
LOG_LINE = re.compile(r"^(?:WARNING|INFO):tensorflow:.*\n?", re.MULTILINE)
NO_DATA = "(others' data are not kept in this file: run the cell to see them)"
NO_PHOTO = "(photos are not kept in this file: run the cell to see them)"
METADATA = {
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}


def convert(source):
    """The notebook of a source, without outputs.

    Args:
        source: `pathlib.Path` of a py:percent file.

    Returns:
        `nbformat.NotebookNode`.
    """
    cells = jupytext.read(source, fmt="py:percent").cells
    if not cells or not cells[0].source.startswith("# "):
        raise ValueError(
            f"{source.name}: the first cell must be Markdown and start with "
            f"a title, `# ...`. Received: {cells[0].source[:40]!r}"
        )
    extras = cells[0].metadata.pop("extras", "")
    cells[1:1] = [
        nbformat.v4.new_markdown_cell(_badge(source)),
        nbformat.v4.new_code_cell(_install(extras)),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:02d}"  # Jupytext draws them at random.
    return nbformat.v4.new_notebook(cells=cells, metadata=METADATA)


def _badge(source):
    page = f"github/{REPOSITORY}/blob/{BRANCH}/notebooks/{source.stem}.ipynb"
    return (
        "[![Open in Colab]"
        "(https://colab.research.google.com/assets/colab-badge.svg)]"
        f"(https://colab.research.google.com/{page})"
    )


def _install(extras):
    package = f"keras-cmr[{extras}]" if extras else "keras-cmr"
    return (
        "# Where the package is missing, as on Colab; does nothing elsewhere.\n"
        "import importlib.util\n\n"
        'if importlib.util.find_spec("keras_cmr") is None:\n'
        f'    %pip install -q "{package}"'
    )


def keep_outputs(notebook, old):
    """Gives cells whose source is in `old` the outputs that they have there."""
    known = {}
    for cell in old.cells:
        if cell.cell_type == "code":
            known.setdefault(cell.source, []).append(cell)
    for cell in notebook.cells:
        if cell.cell_type == "code" and known.get(cell.source):
            before = known[cell.source].pop(0)
            cell.outputs = before.outputs
            cell.execution_count = before.execution_count


def clean_outputs(notebook):
    """Takes out of fresh outputs what must not be kept."""
    notebook.metadata = nbformat.from_dict(METADATA)
    photos = reads_photos(notebook)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs = [
            output for output in cell.outputs if output.get("name") != "stderr"
        ]
        tags = cell.metadata.get("tags", ())
        if "data" in tags and cell.outputs:
            cell.outputs = [_note(NO_DATA)]
        shown = not photos or "drawn" in tags
        for output in cell.outputs:
            if "text" in output:
                output.text = LOG_LINE.sub("", output.text)
            if "data" in output:
                output.data = _cleaned(output.data, shown)
                output.metadata = nbformat.from_dict({})


def _note(text):
    return nbformat.v4.new_output("stream", name="stdout", text=text + "\n")


def _cleaned(data, shown):
    pictures = [kind for kind in data if kind.startswith("image/")]
    if pictures and not shown:
        return nbformat.from_dict({"text/plain": NO_PHOTO})
    best = {"image/png", "text/markdown"} & set(data)
    return nbformat.from_dict(
        {kind: data[kind] for kind in data if not best or kind in best}
    )


def reads_photos(notebook):
    return any("KERAS_CMR_DATA" in cell.source for cell in notebook.cells)


def differences(source, path):
    """What keeps `path` from being the notebook of `source`, as strings."""
    if not path.exists():
        return [f"{path.name} is missing"]
    made, there = convert(source), nbformat.read(path, as_version=4)
    found = []
    if len(made.cells) != len(there.cells):
        found.append(
            f"{path.name} has {len(there.cells)} cells, {source.name} makes "
            f"{len(made.cells)}"
        )
    for number, (one, other) in enumerate(
        zip(made.cells, there.cells, strict=False)
    ):
        for key in ("cell_type", "source", "metadata", "id"):
            if one[key] != other[key]:
                found.append(f"{path.name}: cell {number} differs ({key})")
    return found


def faults(path):
    """What a written notebook must not be, as strings."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    found = []
    if path.stat().st_size > MOST_BYTES:
        found.append(f"{path.stat().st_size:,} bytes, at most {MOST_BYTES:,}")
    photos = reads_photos(notebook)
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()):
            for flaw in _flaws(cell, output, photos):
                found.append(f"cell {number}: {flaw}")
    if any(name not in _last_code(notebook).source for name in COLUMNS):
        found.append(f"the last code must make a table of {COLUMNS}")
    return [f"{path.name}: {fault}" for fault in found]


def lacks(path):
    """What a notebook that was run has and this one has not, as strings."""
    notebook = nbformat.read(path, as_version=4)
    kinds = {
        kind
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        for kind in output.get("data", {})
    }
    found = [] if "image/png" in kinds else ["no picture among the outputs"]
    table = [x.get("data", {}) for x in _last_code(notebook).outputs]
    if not any("text/markdown" in data for data in table):
        found.append("no table at the end")
    return [f"{path.name}: {what}, run it" for what in found]


def _last_code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"][-1]


def _flaws(cell, output, photos):
    if output.output_type == "error":
        yield f"an error, {output.ename}"
    if output.get("name") == "stderr":
        yield "standard error"
    if "data" in cell.metadata.get("tags", ()) and output != _note(NO_DATA):
        yield "an output of a cell tagged `data`"
    data = output.get("data", {})
    if photos and "drawn" not in cell.metadata.get("tags", ()):
        for kind in data:
            if kind.startswith("image/"):
                yield "a picture that may be a photo (tag it `drawn`?)"
    # Base64 is four characters for three bytes.
    if len(data.get("image/png", "")) * 3 // 4 > MOST_PICTURE_BYTES:
        yield f"a picture of over {MOST_PICTURE_BYTES:,} bytes"
    texts = [output.get("text", ""), *map(str, _texts(data))]
    for text in texts:
        if match := ABSOLUTE_PATH.search(text):
            yield f"an absolute path, {text[match.start() :][:40]!r}"


def _texts(data):
    return [data[kind] for kind in data if not kind.startswith("image/")]


def sources(folder, names=()):
    """The sources in a folder: all, or those whose names begin as `names`."""
    every = sorted(Path(folder).glob("[0-9][0-9]_*.py"))
    for name in names:
        if not any(path.stem.startswith(name) for path in every):
            raise ValueError(
                "A name must be the beginning of one of "
                f"{', '.join(path.stem for path in every)}. Received: {name}"
            )
    return [
        path
        for path in every
        if not names or any(path.stem.startswith(name) for name in names)
    ]
