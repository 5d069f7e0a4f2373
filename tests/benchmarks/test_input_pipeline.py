"""The benchmark of image files at toy size."""

import json
from pathlib import Path

import pytest

from benchmarks import input_pipeline

PHOTOS = Path(__file__).parents[3] / "shared" / "data" / "fashion_products"


@pytest.mark.skipif(not PHOTOS.is_dir(), reason=f"{PHOTOS} is absent")
def test_files_beside_arrays(tmp_path, capsys):
    input_pipeline.main([str(PHOTOS), "--smoke", "--out", str(tmp_path)])
    record = json.loads((tmp_path / "small_resnet.json").read_text())
    assert record["files_images_a_second"] > 0
    assert record["fit"]["ratio"]["wall_seconds"]["min"] > 0
    assert "fit on files / on arrays" in capsys.readouterr().out
