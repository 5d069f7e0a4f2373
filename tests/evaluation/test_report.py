import json
import os
import pathlib

import numpy as np
import pytest

from keras_cmr.evaluation import Report

RANKS = [1, 3, 0, 7, 40, 101, 1, 2]
KINDS = [
    "add",
    "add",
    "remove",
    "make shape at position",
    "add",
    "remove",
    "add",
    "add",
]


def test_round_trip(make_report, tmp_path):
    report = make_report(RANKS, KINDS)
    path = tmp_path / "runs" / "a.json"
    report.save(path)
    again = Report.load(path)
    assert again.figures == report.figures
    assert again.slices == report.slices
    assert again.context == report.context
    assert (again.ranks == RANKS).all() and again.ranks.dtype == np.int32
    assert again.groups["kind"].tolist() == KINDS
    assert (again.resamples, again.seed) == (200, 0)
    assert str(again) == str(report)
    assert [entry.name for entry in path.parent.iterdir()] == ["a.json"]


def test_recompute_equals(make_report, tmp_path):
    make_report(RANKS, KINDS).save(tmp_path / "a.json")
    report = Report.load(str(tmp_path / "a.json"))
    again = report.recompute()
    assert again.figures == report.figures
    assert again.slices == report.slices
    assert report.figures["R@1"]["value"] == 2 / 8
    assert report.slices["kind=add"]["figures"]["R@5"]["value"] == 4 / 5


SEVERAL = [[1, 3, 9], [2, 0, 0], [0, 0, 0], [6, 7, 60]]


def test_several_ranks_a_query(make_report, tmp_path):
    report = make_report(SEVERAL, ["a", "b", "b", "a"], protocol="circo/kept")
    assert (report.num_queries, report.num_unanswerable) == (4, 1)
    report.save(tmp_path / "a.json")
    lines = (tmp_path / "a.json").read_text().splitlines()
    assert '  "format_version": 2,' in lines
    assert lines[-2] == ('  "ranks": [[1,3,9],[2,0,0],[0,0,0],[6,7,60]]')
    again = Report.load(tmp_path / "a.json")
    assert again.ranks.tolist() == SEVERAL and again.ranks.dtype == np.int32
    figures = again.recompute().figures
    assert list(figures) == ["mAP@5", "mAP@10", "mAP@25", "mAP@50"]
    # (1/1 + 2/3) / 3, 1/2, none, none
    expected = ((1 + 2 / 3) / 3 + 1 / 2) / 4
    assert figures["mAP@5"]["value"] == pytest.approx(expected)
    slices = again.recompute().slices
    assert slices["kind=b"]["figures"]["mAP@5"]["value"] == 0.25
    assert "mAP@50" in str(again.recompute())


def test_one_rank_a_query_is_still_format_1(make_report, tmp_path):
    make_report(RANKS).save(tmp_path / "a.json")
    assert '"format_version": 1,' in (tmp_path / "a.json").read_text()


COMMITTED = sorted(
    (pathlib.Path(__file__).parents[2] / "benchmarks/results/css").glob(
        "seeds/css_tirg_mi_?.json"
    )
)


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.name)
def test_reports_of_earlier_versions_load(path):
    report = Report.load(path)
    assert report.num_queries > 1000 and report.lost_queries == 0
    again = report.recompute()
    for name, figure in report.figures.items():
        assert again.figures[name]["value"] == figure["value"]


def test_there_are_reports_of_earlier_versions():
    assert len(COMMITTED) == 3


def test_recompute_shows_a_changed_rank(make_report):
    report = make_report(RANKS)
    forged = make_report([2, *RANKS[1:]], figures=report.figures)
    assert forged.recompute().figures != report.figures


def test_recompute_refuses_another_version(make_report):
    with pytest.raises(ValueError, match=r"version 9 .* Use keras_cmr 0\.1\.0"):
        make_report(RANKS, protocol_version=9).recompute()


def test_file_is_readable_and_compact(make_report, tmp_path):
    make_report(range(1, 150)).save(tmp_path / "a.json")
    lines = (tmp_path / "a.json").read_text().splitlines()
    assert lines[1] == '  "format": "keras_cmr.evaluation.Report",'
    assert '  "num_queries": 149,' in lines
    assert lines[-2].startswith('  "ranks": [1,2,3,')
    content = json.loads("\n".join(lines))
    assert content["num_unanswerable"] == 0
    assert content["groups"]["kind"]["names"] == ["add"]


def test_failed_save_leaves_the_old_file(make_report, tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    make_report(RANKS).save(path)
    before = path.read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        make_report([1, 1]).save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_save_to_a_folder(make_report, tmp_path):
    with pytest.raises(ValueError, match="`path` must name a file"):
        make_report(RANKS).save(tmp_path)


def test_table(make_report):
    text = str(make_report(RANKS, KINDS))
    assert max(map(len, text.splitlines())) <= 80
    lines = text.splitlines()
    assert lines[0] == "css/test: tirg/caption-match version 1"
    assert lines[1].startswith("8 queries, 200 candidates, 1 queries without")
    row = next(line for line in lines if line.startswith("R@1 "))
    assert row.split()[:2] == ["R@1", "25.00"]
    row = next(line for line in lines if line.startswith("kind=add"))
    header = next(line for line in lines if line.startswith("slice"))
    assert len(row) == len(header)
    assert row.split() == [
        "kind=add",
        "5",
        "40.00",
        "80.00",
        "80.00",
        "100.00",
        "100.00",
    ]


def test_table_without_slices(make_report):
    text = str(make_report(RANKS, slices={}, groups={}))
    assert "slice" not in text
    assert text.splitlines()[-1].startswith("R@100 ")


def forget(key):
    return lambda content: content.pop(key) and content


def put(key, value):
    return lambda content: {**content, key: value}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (forget("figures"), "a.json without `figures`"),
        (forget("dataset_fingerprint"), "without `dataset_fingerprint`"),
        (put("format_version", 3), "version 1 or 2. .*a.json of version 3"),
        (put("format", "x"), "`path` must be a report, whose `format`"),
        (lambda content: [content], "`path` must be a report, whose"),
        (put("ranks", []), "a.json: `ranks` must be a non-empty"),
        (put("ranks", [1.5]), "a.json: `ranks` must be .* float64"),
        (put("ranks", [201] * 8), "`ranks` must lie between 0 and 200"),
        (put("ranks", [[1], [1, 2]]), "a.json: "),
        (put("ranks", [[[1]]]), r"a.json: `ranks` must be .* \(1, 1, 1\)"),
        (
            put("ranks", [[1, 2], [3, 3]]),
            r"grow .* Received: \[3, 3\] in row 1",
        ),
        (put("ranks", [[0, 2]]), r"grow in every row.* Received: \[0, 2\]"),
        (put("ranks", [1, 2]), r"one value per rank \(2\). .* 8 for 'kind'"),
        (put("num_candidates", "many"), "a.json: "),
        (put("groups", {"kind": {"names": []}}), "`names` and `codes`"),
    ],
)
def test_load_errors(make_report, tmp_path, spoil, message):
    path = tmp_path / "a.json"
    make_report(RANKS).save(path)
    path.write_text(json.dumps(spoil(json.loads(path.read_text()))))
    with pytest.raises(ValueError, match=message):
        Report.load(path)


def test_load_of_no_json(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("{ half")
    with pytest.raises(ValueError, match=r"a report in JSON. .*a\.json"):
        Report.load(path)
    with pytest.raises(FileNotFoundError, match=r"b\.json"):
        Report.load(tmp_path / "b.json")
