"""keras-cmr sweep and gap, as typed."""

import json
from pathlib import Path

import pytest

from tests.command_line import call
from tests.command_line import ok

CONFIG = Path(__file__).parents[2] / "configs" / "css_tirg.yaml"
TINY = (
    "--smoke",
    *("--set", "scenes=8", "--set", "image_size=32", "--set", "epochs=1"),
    *("--set", "embedding_dim=8", "--set", "text_units=8"),
    *("--set", "discriminator_units=8", "--set", "batch_size=8"),
)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--grid", "wieght=1"], "unknown key `wieght`. Did you mean `weight`"),
        (["--grid", "weight"], "`--grid` wants key=value,value"),
        (["--grid", "weight=much"], "`weight` must be of type float"),
        (["--grid", "seed=0,1"], "must leave `seed` to `seeds`"),
        (["--grid", "weight=1", "--seeds", "a"], "`seeds` must be integers"),
        (["--grid", "weight=1", "--seeds", "0,0"], "must be distinct integers"),
        (["--grid", "epochs=1,2,3", "--random", "0"], "at least 1"),
        (["--grid", "weight=1", "--out", CONFIG], "`out` must be a new"),
    ],
)
def test_bad_sweeps_are_one_line_and_train_nothing(
    arguments, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    result = call("sweep", CONFIG, *arguments)
    assert result.exit_code == 2
    line = result.output.strip().splitlines()[-1]
    assert line.startswith("keras-cmr: ") and message in line
    assert not list(tmp_path.rglob("config.yaml"))


def test_bad_gaps_are_one_line(tmp_path):
    result = call("gap", tmp_path / "no", "--out", tmp_path / "gap.json")
    assert result.exit_code == 2
    assert "Can't read the config" in result.output
    assert not (tmp_path / "gap.json").exists()


@pytest.mark.large  # two trainings and four embeddings of a split
def test_sweep_then_gap(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_CMR_CACHE", str(tmp_path / "cache"))
    out = tmp_path / "sweep"
    line = (
        *("sweep", CONFIG, *TINY, "--out", out),
        *("--grid", "mutual_information=none,TextImageMI+FusionImageMI"),
        *("--grid", "text_discriminator=ConcatDiscriminator,TIRG"),
    )
    result = call(*line)
    # The name of a fusion is no discriminator's: a point that fails.
    assert result.exit_code == 1, result.output
    assert "`text_discriminator` must be one of" in result.output
    written = json.loads((out / "sweep.json").read_text())
    none, both, failed = written["points"]
    assert written["command"].startswith("keras-cmr ")
    assert none["settings"] == {"mutual_information": "none"}
    assert both["figures"] and both["difference"] and not failed["figures"]
    assert (out / "sweep.png").exists()
    assert call(*line).output.count("was there") == 2

    runs = [out / point["runs"][0]["folder"] for point in (none, both)]
    folder = tmp_path / "gap"
    output = ok("gap", *runs, "--untrained", "--out", folder)
    assert output.count("query-target") == 4
    first, second = json.loads((folder / "gap.json").read_text())["runs"]
    # One seed, one start: what terms a model has leaves its towers alone.
    assert first["untrained"]["pairs"] == second["untrained"]["pairs"]
    assert first["trained"]["pairs"] != second["trained"]["pairs"]
    assert len(list(folder.glob("*.png"))) == 4
