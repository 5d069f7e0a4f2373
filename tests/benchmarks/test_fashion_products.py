"""The rows on photos, on pictures of one colour, and their tables."""

import dataclasses
import json

import numpy as np
import pytest

from benchmarks import fashion_products
from benchmarks import fashion_products_curves
from benchmarks import fashion_products_table
from keras_cmr.evaluation import Report
from keras_cmr.evaluation import verify
from tests.datasets.fashion200k import layout


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Two rows, of a test split of four images with two queries."""
    root = tmp_path_factory.mktemp("photos")
    train = {
        f"women/a/{colour}{noun}/0.jpeg": f"{colour} {noun}"
        for colour in ("red", "blue", "green", "black")
        for noun in ("dress", "shoe", "bag", "belt", "hat")
    }
    test = {
        f"women/b/{colour}{noun}/0.jpeg": f"{colour} {noun}"
        for colour in ("grey", "pink")
        for noun in ("dress", "shoe")
    }
    queries = [
        f"women/b/grey{noun}/0.jpeg women/b/pink{noun}/0.jpeg\n"
        for noun in ("dress", "shoe")
    ]
    files = {
        "labels/a_train_detect_all.txt": layout.lines(train),
        "labels/a_test_detect_all.txt": layout.lines(test),
        "test_queries.txt": "".join(queries),
    }
    data, out = root / "data", root / "results"
    layout.write(data, files)
    images = [*train, *test]
    for start in range(0, len(images), 12):  # it has twelve greys
        layout.write(data, {}, images[start : start + 12])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_CMR_CACHE", str(root / "cache"))
        patch.setattr(fashion_products, "ROOT", make_root(root))
        names = ["imageonly", "textonly"]
        fashion_products.run_rows(data, [0], names, out, smoke=True)
        written = {p: p.stat().st_mtime_ns for p in out.iterdir()}
        fashion_products.run_rows(data, [0], names, out, smoke=True)
        assert written == {p: p.stat().st_mtime_ns for p in out.iterdir()}
    return out


def make_root(root):
    (root / "configs").symlink_to(fashion_products.ROOT / "configs")
    return root


def test_a_row_holds_all_that_explains_it(results):
    path = results / "textonly_0.json"
    report = Report.load(path)
    assert len(report.ranks) == 2
    context = report.context
    assert context["command"] == (
        "keras-cmr train configs/fashion_products_textonly.yaml "
        "--set data_dir=DATA --set seed=0"
    )
    assert context["config"]["data_dir"] == "DATA"
    assert len(context["learning_curve"]["loss"]) == 1
    assert context["cpu_seconds"] > 0 and context["hardware"]["cores"] >= 1
    assert len(context["train_fingerprint"]) == 64
    assert verify(path) == []
    assert "fashion_products" not in json.dumps(context["config"]["data_dir"])


def report_of(report, ranks):
    made = dataclasses.replace(
        report, ranks=np.array(ranks), groups={}, slices={}, num_candidates=99
    )
    return made.recompute()


def test_tables(results, tmp_path):
    report = Report.load(results / "textonly_0.json")
    ranks = {
        "tirg_0": [1, 1, 9, 9],
        "tirg_1": [1, 1, 1, 1],
        "tirg_mi_0": [1, 1, 1, 9],
        "tirg_mi_1": [1, 1, 1, 1],
        "tirg_mi_2": [60, 60, 60, 60],
        "imageonly_0": [7, 20, 1, 90],
    }
    for name, own in ranks.items():
        report_of(report, own).save(tmp_path / f"{name}.json")
    fashion_products_table.write(tmp_path, into_readme=False)
    lines = (tmp_path / "table.md").read_text().splitlines()
    assert lines[2:5] == [
        "| image only | 25.0 | 25.0 | 50.0 | 75.0 | 1 |",
        # Over two seeds: 50 and 100, then all.
        "| TIRG | **75.0** ± 35.4 | **75.0** ± 35.4 | **100.0** ± 0.0 | "
        "**100.0** ± 0.0 | 2 |",
        "| TIRG + MI | 58.3 ± 52.0 | 58.3 ± 52.0 | 66.7 ± 57.7 | "
        "66.7 ± 57.7 | 3 |",
    ]
    # The third seed of one side has no partner.
    assert lines[-1].startswith("| TIRG | +12.5 [") and lines[-1][-4:] == " 2 |"


def test_learning_curves(results, tmp_path, monkeypatch):
    drawn = []
    figure = fashion_products_curves.panels_figure

    def seen(panels, theme):
        drawn.extend(panels)
        return figure(panels, theme)

    monkeypatch.setattr(fashion_products_curves, "panels_figure", seen)
    for name, losses in (("tirg", [3, 2, 1]), ("tirg_mi_finetuned", [2])):
        report = Report.load(results / "textonly_0.json")
        report.context["learning_curve"] = {
            "loss": losses,
            "metric_loss": losses,
            "recall_at_1": [0.5] * len(losses),
        }
        report.save(tmp_path / f"{name}_0.json")
    path = tmp_path / "curves.png"
    found = fashion_products_table.load(tmp_path)
    fashion_products_curves.write(found, path)
    assert path.stat().st_size > 5000
    losses, recalls = drawn
    assert [s.label for s in losses.series] == [
        "TIRG",
        "TIRG + MI, then the backbone, too",
    ]
    long, short = losses.series
    # A run of fewer epochs ends earlier.
    np.testing.assert_array_equal(long.values, [3, 2, 1])
    np.testing.assert_array_equal(short.values, [2, np.nan, np.nan])
    assert recalls.percent and not losses.percent


def test_unknown_rows_are_refused(capsys):
    with pytest.raises(SystemExit):
        fashion_products.main(["rows", "data", "--only", "tirg,tigr"])
    assert "not ['tigr']" in capsys.readouterr().err
