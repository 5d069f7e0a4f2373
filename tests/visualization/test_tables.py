import types

import pytest

from keras_cmr.visualization import Table
from keras_cmr.visualization import report_table


def _report(value, low, high, **change):
    fields = {
        "protocol": "tirg/caption-match",
        "protocol_version": 1,
        "dataset_fingerprint": "abc",
        "figures": {
            "R@1": {"value": value, "low": low, "high": high},
            "R@10": {"value": 1.0, "low": 0.99949, "high": 1.0},
        },
    }
    return types.SimpleNamespace(**(fields | change))


def test_report_table():
    table = report_table(
        {
            "This model": _report(0.7239, 0.7171, 0.7312),
            "Text only": _report(0.0, 0.0, 0.0),
        },
        highlight="Text only",
        note="how",
    )
    assert table.columns == ("Model", "R@1", "R@10")
    assert table.rows == (
        ("This model", "72.4 % [71.7, 73.1]", "100.0 % [99.9, 100.0]"),
        ("Text only", "0.0 % [0.0, 0.0]", "100.0 % [99.9, 100.0]"),
    )
    assert table.highlight == 1
    assert table.note == "how"


def test_cells_become_text():
    table = Table("t", ["a", "b", "c"], [["x", 12345, 0.123456]])
    assert table.rows == (("x", "12,345", "0.1235"),)


def test_table_may_be_empty():
    assert Table("t", ["a"], []).rows == ()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((1, ["a"], []), TypeError, "`title` must be a string"),
        (("t", [], []), ValueError, "`columns` must not be empty"),
        (("t", ["a"], [["x"], []]), ValueError, r"`rows\[1\]`.*0 cells"),
        (("t", ["a"], [[None]]), TypeError, "cell.*NoneType"),
        (("t", ["a"], [["x"]], "", 1), ValueError, r"`highlight`.*0\.\.0.*1"),
        (("t", ["a"], [], None), TypeError, "`note`"),
    ],
)
def test_table_errors(arguments, error, message):
    with pytest.raises(error, match=message):
        Table(*arguments)


@pytest.mark.parametrize(
    ("reports", "change", "message"),
    [
        ({}, {}, "`reports` must be a dict"),
        ([], {}, "`reports` must be a dict"),
        ({"a": _report(0.5, 0.4, 0.6)}, {"figures": ["R@2"]}, "R@1, R@10.*R@2"),
        ({"a": _report(0.5, 0.4, 0.6)}, {"highlight": "b"}, "`highlight`.*'b'"),
        ({"a": _report(50.0, 40.0, 60.0)}, {}, r"\[0, 1\].*50"),
        ({"a": _report(0.5, float("nan"), 0.6)}, {}, r"\[0, 1\].*nan"),
        (
            {"a": _report(0, 0, 0, figures={"R@1": {"value": 1}})},
            {"figures": ["R@1"]},
            '"value", "low" and "high"',
        ),
        (
            {
                "a": _report(0.5, 0.4, 0.6),
                "b": _report(0.5, 0.4, 0.6, dataset_fingerprint="other"),
            },
            {},
            "cannot be compared.*other",
        ),
    ],
)
def test_report_table_errors(reports, change, message):
    with pytest.raises(ValueError, match=message):
        report_table(reports, **change)


def test_a_notebook_shows_markdown():
    table = Table(
        "Both", ("", "R@1"), (("a|b", "1"), ("two\nlines", 0.5)), "how", 1
    )
    assert table._repr_markdown_().split("\n") == [
        "**Both**",
        "",
        "|  | R@1 |",
        "| --- | --- |",
        "| a\\|b | 1 |",
        "| **two lines** | **0.5** |",
        "",
        "how",
    ]
