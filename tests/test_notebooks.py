"""The notebooks are those of their sources, and hold what they should.

That they run is another step of `.ci/run`: `notebooks/build.py smoke`.
"""

import re
from pathlib import Path

import nbformat
import pytest

from notebooks import build
from notebooks import conversion

FOLDER = Path(__file__).parents[1] / "notebooks"
SOURCES = conversion.sources(FOLDER)
TEXT = """# %% [markdown] extras="retrieval,gap"
# # A title

# %% tags=["drawn"]
1 + 1
"""


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_notebook_is_that_of_its_source(source):
    path = source.with_suffix(".ipynb")
    assert conversion.differences(source, path) == []
    assert conversion.faults(path) == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_notebook_has_been_run(source):
    assert conversion.lacks(source.with_suffix(".ipynb")) == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_links_lead_somewhere(source):
    prose = "\n".join(
        line for line in source.read_text().splitlines() if line[:2] == "# "
    )
    links = re.findall(r"\]\((?!https?:)([^)#]+)", prose)
    assert [link for link in links if not (FOLDER / link).exists()] == []


def test_every_notebook_has_a_source():
    assert SOURCES
    assert sorted(FOLDER.glob("*.ipynb")) == [
        source.with_suffix(".ipynb") for source in SOURCES
    ]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "07_try.py"
    path.write_text(TEXT)
    return path


def test_badge_and_install_cell_are_added(source):
    title, badge, install, cell = conversion.convert(source).cells
    assert title.source == "# A title"
    assert "extras" not in title.metadata
    assert badge.cell_type == "markdown"
    assert badge.source.endswith("/blob/main/notebooks/07_try.ipynb)")
    command = '    %pip install -q "keras-cmr[retrieval,gap]"'
    lines = install.source.splitlines()
    assert lines.pop() == command
    # With the package there it does nothing, and without it only that.
    exec("\n".join([*lines, "    raise SystemExit"]), {})
    assert (cell.source, cell.metadata) == ("1 + 1", {"tags": ["drawn"]})


def test_a_source_without_a_title_is_refused(source):
    source.write_text("# %%\n1 + 1\n")
    with pytest.raises(ValueError, match="start with a title"):
        conversion.convert(source)


def output(**data):
    keys = {"text/plain": "2", **data}
    return nbformat.v4.new_output("execute_result", keys, execution_count=1)


def test_outputs_stay_where_the_source_is_the_same(source):
    old = conversion.convert(source)
    old.cells[3].outputs = [output()]
    old.cells[3].execution_count = 5
    source.write_text(TEXT + "\n# %%\n2 + 2\n")
    new = conversion.convert(source)
    conversion.keep_outputs(new, old)
    assert new.cells[3].outputs == [output()]
    assert new.cells[3].execution_count == 5
    assert new.cells[4].outputs == []


def test_every_difference_is_found(source, tmp_path):
    path = tmp_path / "07_try.ipynb"
    assert conversion.differences(source, path) == ["07_try.ipynb is missing"]
    notebook = conversion.convert(source)
    notebook.cells[3].source = "1 + 2"
    notebook.cells.append(nbformat.v4.new_code_cell("3", id="other"))
    nbformat.write(notebook, path)
    assert conversion.differences(source, path) == [
        "07_try.ipynb has 5 cells, 07_try.py makes 4",
        "07_try.ipynb: cell 3 differs (source)",
    ]


def test_outputs_are_cleaned(source):
    notebook = conversion.convert(source)
    notebook.metadata["language_info"]["version"] = "3.11.7"
    png = {"image/png": "iVBO", "image/jpeg": "/9j/"}
    cell = notebook.cells[3]
    cell.outputs = [
        nbformat.v4.new_output("stream", name="stderr", text="50 %"),
        nbformat.v4.new_output(
            "stream", name="stdout", text="WARNING:tensorflow:5 of 10\nkept"
        ),
        output(**png),
    ]
    conversion.clean_outputs(notebook)
    assert [o.get("text") for o in cell.outputs] == ["kept", None]
    assert cell.outputs[1].data == {"image/png": "iVBO"}
    assert notebook.metadata == conversion.METADATA


@pytest.mark.parametrize("tagged", [True, False])
def test_pictures_beside_photos_are_kept_only_if_drawn(source, tagged):
    notebook = conversion.convert(source)
    notebook.cells[0].source += "\nKERAS_CMR_DATA"
    cell = notebook.cells[3]
    if not tagged:
        cell.metadata = nbformat.from_dict({})
    cell.outputs = [output(**{"image/png": "iVBO"})]
    conversion.clean_outputs(notebook)
    kept = {"image/png": "iVBO"} if tagged else {"text/plain": "(photos"}
    assert list(cell.outputs[0].data) == list(kept)
    assert next(iter(kept.values())) in str(cell.outputs[0].data)


def test_nothing_is_kept_of_cells_that_print_the_data(source, tmp_path):
    notebook = conversion.convert(source)
    cell = notebook.cells[3]
    cell.metadata = nbformat.from_dict({"tags": ["data"]})
    cell.outputs = [
        nbformat.v4.new_output("stream", name="stdout", text="a caption"),
        output(**{"image/png": "iVBO"}),
    ]
    path = tmp_path / "07_try.ipynb"
    nbformat.write(notebook, path)
    fault = "07_try.ipynb: cell 3: an output of a cell tagged `data`"
    assert conversion.faults(path).count(fault) == 2
    conversion.clean_outputs(notebook)
    [kept] = cell.outputs
    assert "not kept" in kept.text and "caption" not in kept.text
    nbformat.write(notebook, path)
    assert fault not in conversion.faults(path)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (output(**{"image/png": "A" * 300_000}), "a picture of over 150,000"),
        (output(**{"text/plain": "in /home/me/x"}), "an absolute path"),
        (
            nbformat.v4.new_output("stream", name="stderr", text="x"),
            "standard error",
        ),
        (nbformat.v4.new_output("error", ename="E", evalue=""), "an error, E"),
    ],
)
def test_faults_are_named(source, tmp_path, made, expected):
    notebook = conversion.convert(source)
    notebook.cells[3].outputs = [made]
    path = tmp_path / "07_try.ipynb"
    nbformat.write(notebook, path)
    found = conversion.faults(path)
    assert any(f"cell 3: {expected}" in fault for fault in found)
    assert any("the last code must make a table" in fault for fault in found)


def test_addresses_are_no_absolute_paths():
    search = conversion.ABSOLUTE_PATH.search
    assert not search("https://example.org/home/x, runs/tmp/x, ~/tmp/x")
    assert search("'/tmp/x'")


def test_names_choose_sources(source, tmp_path):
    assert conversion.sources(tmp_path, ["07"]) == [source]
    with pytest.raises(ValueError, match=r"one of 07_try\. Received: 08"):
        conversion.sources(tmp_path, ["08"])


def test_write_then_check(source, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "HERE", tmp_path)
    build.main(["write"])
    path = tmp_path / "07_try.ipynb"
    first = path.read_bytes()
    with pytest.raises(SystemExit, match="no picture among the outputs"):
        build.main(["check"])
    build.main(["write", "07"])
    assert path.read_bytes() == first
    source.write_text(TEXT.replace("1 + 1", "1 + 2"))
    with pytest.raises(SystemExit, match=r"cell 3 differs \(source\)"):
        build.main(["check"])
    source.unlink()
    with pytest.raises(SystemExit, match=r"07_try\.ipynb has no source"):
        build.main(["check"])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(["run"], "name those you mean"), (["smoke", "99"], "Received: 99")],
)
def test_bad_arguments(
    source, tmp_path, monkeypatch, capsys, arguments, expected
):
    monkeypatch.setattr(build, "HERE", tmp_path)
    with pytest.raises(SystemExit):
        build.main(arguments)
    assert expected in capsys.readouterr().err
