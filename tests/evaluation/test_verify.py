"""`verify` finds every figure that the ranks don't give."""

import json
import pathlib

import pytest

from keras_cmr.evaluation import verify
from tests.command_line import call
from tests.command_line import ok

RESULTS = pathlib.Path(__file__).parents[2] / "benchmarks" / "results"
RANKS = [1, 3, 0, 7, 40, 101, 1, 2]
KINDS = ["add", "add", "remove", "remove", "add", "remove", "add", "add"]


@pytest.fixture
def path(make_report, tmp_path):
    make_report(RANKS, KINDS).save(tmp_path / "report.json")
    return tmp_path / "report.json"


def change(path, value, *keys):
    content = json.loads(path.read_text())
    *outer, last = keys
    inner = content
    for key in outer:
        inner = inner[key]
    inner[last] = value
    path.write_text(json.dumps(content))


def test_true_figures(path):
    assert verify(path) == []
    printed = ok("verify", path.parent)
    assert "5 figures and 2 slices are those of its 8 ranks" in printed


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (
            ("figures", "R@1", "value"),
            "R@1 value: stated 0.5, from the ranks 0.25",
        ),
        (("figures", "R@5", "low"), "R@5 low: stated 0.5, from the ranks "),
        (("slices", "kind=add", "n"), "kind=add n: stated 0.5, from the ranks"),
        (
            ("slices", "kind=add", "figures", "R@1", "value"),
            "kind=add R@1 value: stated 0.5, from the ranks 0.4",
        ),
        (("num_queries",), "num_queries: stated 0.5, from the ranks 8"),
    ],
)
def test_one_line_a_difference(path, keys, line):
    change(path, 0.5, *keys)
    found = verify(path)
    assert len(found) == 1 and found[0].startswith(line)
    result = call("verify", path)
    assert result.exit_code == 1 and line in result.output


def test_a_changed_rank_shows(path):
    change(path, 2, "ranks", 0)
    assert any(line.startswith("R@1 value") for line in verify(path))


def test_figures_left_out_or_added_show(path):
    content = json.loads(path.read_text())
    content["figures"]["R@2"] = content["figures"].pop("R@1")
    path.write_text(json.dumps(content))
    found = verify(path)
    assert len(found) == 6
    assert "R@2 value: stated 0.25, from the ranks None" in found


def test_another_numpy_is_named(path):
    change(path, "0.1", "context", "numpy")
    assert verify(path) == []
    change(path, 0.5, "figures", "R@1", "low")
    assert verify(path)[-1].startswith("numpy: the report was made with 0.1,")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "must be a report"),
        (None, "must be a report in JSON"),
    ],
)
def test_other_files(tmp_path, content, message):
    path = tmp_path / "a.json"
    path.write_text("{" if content is None else json.dumps(content))
    result = call("verify", path)
    assert result.exit_code == 2 and message in result.output


def test_a_report_without_ranks(path):
    content = json.loads(path.read_text())
    del content["ranks"]
    path.write_text(json.dumps(content))
    result = call("verify", path)
    assert result.exit_code == 2
    assert "must be a complete report" in result.output
    assert result.output.count("\n") == 1


def test_the_committed_results_of_css():
    for path in sorted((RESULTS / "css").glob("css_*.json")):
        if not path.name.endswith(".history.json"):
            found = verify(path)
            assert [x for x in found if " value:" in x or " n:" in x] == []
    result = call("verify", RESULTS / "css" / "mutual_information.json")
    assert result.exit_code == 2 and "must be a report" in result.output
