"""The load check runs on toy sizes and writes what it measured."""

import json

import pytest

from benchmarks import serving


@pytest.mark.large
def test_smoke(tmp_path):
    serving.main(["--smoke", "--out", str(tmp_path)])
    record = json.loads((tmp_path / "local.json").read_text())
    for kind in ("by id and text", "by photo and text", "pictures"):
        assert [row["clients"] for row in record[kind]] == [1, 8]
        for row in record[kind]:
            assert row["requests"] > 0
            assert row["p50_ms"] <= row["p99_ms"]
    assert record["library"]["requests"] > 0
    assert record["config"]["rows"] == 300
