"""The README says what is true: its code runs, its figures are the files'."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from keras_cmr import layers
from keras_cmr.datasets.load import READERS
from keras_cmr.evaluation.protocols.registry import PROTOCOLS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_examples_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_CMR_CACHE", str(tmp_path))
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 3
    # The same code on scenes that take seconds.
    code = "\n".join(blocks).replace("scenes=200", "scenes=24")
    assert "scenes=24" in code
    exec(compile(code, "README.md", "exec"), {})
    assert "R@1" in capsys.readouterr().out
    assert (tmp_path / "model.keras").exists()


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in vars(layers).values()
        if isinstance(kind, type)
        and issubclass(kind, layers.Fusion)
        and kind is not layers.Fusion
    ],
)
def test_table_of_fusions(kind):
    fusion = kind()
    spatial = fusion.uses_feature_map
    reference = np.zeros((1, 2, 2, 512) if spatial else (1, 512))
    fusion(reference, np.zeros((1, 512)))
    line = next(x for x in README.splitlines() if f"| `{kind.__name__}` |" in x)
    takes, parameters = (cell.strip() for cell in line.split("|")[3:5])
    both = "spatial" in fusion.get_config()
    expected = "feature map" if spatial else "vectors"
    assert takes == ("vectors or feature map" if both else expected)
    assert parameters == f"{fusion.count_params():,}"


def test_every_benchmark_is_listed_with_its_page():
    for name in ("css", *READERS):
        page = f"keras_cmr/datasets/{name}/README.md"
        assert f"| [`{name}`]({page}) |" in README
        assert (ROOT / page).exists()
    for name in PROTOCOLS:
        # The second of a pair is written as its ending alone.
        assert f"`{name}`" in README or f"`-{name.split('-')[-1]}`" in README


@pytest.mark.parametrize(
    ("marker", "file"),
    [
        ("rows", "css/rows.md"),
        ("terms", "css/mutual_information.md"),
        ("train_step", "train_step/table.md"),
        ("gallery", "gallery/speed.md"),
        ("photos", "fashion_products/table.md"),
    ],
)
def test_results_are_those_of_the_files(marker, file):
    pattern = f"<!-- {marker} -->\\n(.*?)<!-- /{marker} -->"
    shown = re.search(pattern, README, re.DOTALL)
    path = ROOT / "benchmarks" / "results" / file
    assert shown.group(1) == path.read_text()


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("evaluation/ranking", ("ratio", "cpu_seconds")),
        ("input_pipeline/small_resnet", ("fit", "ratio", "wall_seconds")),
    ],
)
def test_ratios_are_those_of_the_files(file, place):
    path = ROOT / "benchmarks" / "results" / f"{file}.json"
    found = json.loads(path.read_text())
    for key in place:
        found = found[key]
    shown = "{median:.2f} [{min:.2f}, {max:.2f}]".format(**found)
    assert shown in README


def test_rows_are_those_of_the_reports():
    from keras_cmr.evaluation import Report

    folder = ROOT / "benchmarks" / "results" / "css"
    rows = (folder / "rows.md").read_text()
    reports = [
        path
        for path in sorted(folder.glob("css_*.json"))
        if not path.name.endswith(".history.json")
    ]
    assert reports
    for path in reports:
        report = Report.load(path)
        assert report.recompute().figures["R@1"] == report.figures["R@1"]
        assert f"| {100 * report.figures['R@1']['value']:.1f} [" in rows


def test_results_on_photos_are_those_of_the_reports(tmp_path):
    from benchmarks import fashion_products_table
    from keras_cmr.evaluation import verify

    folder = ROOT / "benchmarks" / "results" / "fashion_products"
    found = fashion_products_table.load(folder)
    assert {"imageonly", "textonly", "concat", "tirg", "tirg_mi"} <= set(found)
    reports = [report for seeds in found.values() for report in seeds.values()]
    assert len({report.dataset_fingerprint for report in reports}) == 1
    for path in folder.glob("*_[0-9].json"):
        assert [x for x in verify(path) if " value:" in x] == []
    table = (folder / "table.md").read_text()
    assert fashion_products_table.result_table(found) in table
    assert fashion_products_table.difference_table(found) in table
