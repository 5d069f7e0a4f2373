"""The benchmark of bulk embedding at toy size."""

import json

from benchmarks import bulk_embedding


def test_embed_images_beside_a_plain_loop(tmp_path, capsys):
    bulk_embedding.main(["--smoke", "--out", str(tmp_path)])
    record = json.loads((tmp_path / "12.json").read_text())
    assert record["images_a_second"].keys() == {"plain", "embed_images"}
    assert record["largest_difference"]["embed_images"] < 1e-5
    assert record["ratio_to_plain"]["embed_images"]["wall_seconds"]["min"] > 0
    assert "embed_images: " in capsys.readouterr().out
