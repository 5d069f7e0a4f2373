"""The ranking benchmark at toy size."""

import json

from benchmarks import evaluation


def test_writes_ratio_and_memory(tmp_path, capsys):
    evaluation.main(["--smoke", "--out", str(tmp_path)])
    record = json.loads((tmp_path / "ranking.json").read_text())
    assert record["config"]["queries"] == 200
    assert record["ratio"]["cpu_seconds"]["min"] > 0
    assert 0 <= record["memory"]["ranking_mib"] < 100
    assert "bare products" in capsys.readouterr().out
