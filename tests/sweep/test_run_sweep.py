"""A sweep goes on where it was stopped, and past what fails."""

import dataclasses
import json

import numpy as np
import pytest

from keras_cmr import experiment
from keras_cmr.config import Config
from keras_cmr.datasets import css
from keras_cmr.evaluation import evaluate_embeddings
from keras_cmr.sweep.run_sweep import sweep

GRID = {"epochs": [1, 2, 3]}


@pytest.fixture(scope="module")
def split():
    return css.generate(scenes=4, image_size=32, verbose=0).test


@pytest.fixture
def trained(monkeypatch, split):
    """Configs that were trained; to train is to draw random embeddings."""
    configs = []

    def train(config, out, command="", verbose=1):
        configs.append(config)
        out.mkdir(parents=True, exist_ok=True)
        (out / "config.yaml").write_text(config.to_yaml())
        if config.epochs == 2 and config.weight == 13:
            raise ArithmeticError("the loss\nis not finite")
        draws = np.random.default_rng([config.seed, config.epochs])
        report = evaluate_embeddings(
            draws.normal(size=(len(split.queries), 4)),
            draws.normal(size=(len(split.images), 4)),
            split,
            resamples=10,
            context={
                "config": dataclasses.asdict(config),
                "training_seconds": 1.5,
            },
        )
        report.save(out / "report.json")

    monkeypatch.setattr(experiment, "train", train)
    return configs


def test_every_point_with_every_seed(trained, tmp_path):
    lines = []
    out = tmp_path / "new" / "sweep"
    written = sweep(
        Config(), GRID, out, seeds=(0, 5), command="typed", say=lines.append
    )
    # All points of a seed before the next seed.
    assert [(c.seed, c.epochs) for c in trained] == [
        (seed, epochs) for seed in (0, 5) for epochs in (1, 2, 3)
    ]
    assert written == json.loads((out / "sweep.json").read_text())
    assert written["complete"] and written["command"] == "typed"
    for point in written["points"]:
        for run in point["runs"]:
            report = json.loads(
                (out / run["folder"] / "report.json").read_text()
            )
            assert run["figures"]["R@1"] == report["figures"]["R@1"]["value"]
    assert lines[0].startswith("1/6 epochs=1, seed 0: R@1 ")
    assert lines[0].endswith(" left") and len(lines) == 6
    assert (out / "sweep.md").read_text().startswith("| epochs | seeds | R@1")
    assert (out / "sweep.png").stat().st_size > 5000


def test_again_repeats_nothing_but_half_runs(trained, tmp_path):
    first = sweep(Config(), GRID, tmp_path, say=lambda _: None)
    half = tmp_path / first["points"][1]["runs"][0]["folder"]
    (half / "report.json").unlink()
    (half / "checkpoint").touch()
    trained.clear()
    lines = []
    again = sweep(Config(), GRID, tmp_path, say=lines.append)
    assert [config.epochs for config in trained] == [2]
    assert (half / "checkpoint").exists()  # for `train` to go on from
    # What is there comes first, so that the table is whole from the start.
    assert [line.endswith("was there") for line in lines] == [True, True, False]
    assert lines[2].startswith("3/3 epochs=2, ")
    for key in ("points", "complete", "grid"):
        assert again[key] == first[key]


def test_another_grid_takes_what_is_there(trained, tmp_path):
    sweep(Config(), GRID, tmp_path, say=lambda _: None)
    trained.clear()
    wider = {"batch_size": [64, 8], "epochs": [2]}
    sweep(Config(), wider, tmp_path, say=lambda _: None)
    assert [(c.batch_size, c.epochs) for c in trained] == [(8, 2)]
    # Another base is another run: nothing finished is taken or lost.
    trained.clear()
    sweep(Config(weight=0.7), GRID, tmp_path, say=lambda _: None)
    assert len(trained) == 3
    assert len(list(tmp_path.glob("runs/*/report.json"))) == 7


def test_one_at_a_time(trained, tmp_path):
    written = sweep(
        Config(),
        GRID | {"batch_size": [64, 8]},
        tmp_path,
        one_at_a_time=True,
        say=lambda _: None,
    )
    assert [(c.epochs, c.batch_size) for c in trained] == [
        (1, 64),
        (2, 64),
        (3, 64),
        (1, 8),
    ]
    assert written["one_at_a_time"] and written["complete"]


def test_a_failing_point_is_recorded_and_the_rest_goes_on(trained, tmp_path):
    lines = []
    written = sweep(Config(weight=13), GRID, tmp_path, say=lines.append)
    assert not written["complete"]
    failed = written["points"][1]
    assert failed["runs"][0]["error"] == (
        "ArithmeticError: the loss is not finite"
    )
    assert "FAILED, ArithmeticError" in lines[1]
    assert [bool(point["figures"]) for point in written["points"]] == [
        True,
        False,
        True,
    ]
    trained.clear()
    sweep(Config(weight=13), GRID, tmp_path, say=lambda _: None)
    assert [config.epochs for config in trained] == [2]


def test_what_stops_it_leaves_a_table_of_what_there_was(
    trained, tmp_path, monkeypatch
):
    draw = experiment.train

    def stopped(config, *args, **kwargs):
        if config.epochs == 3:
            raise KeyboardInterrupt
        draw(config, *args, **kwargs)

    monkeypatch.setattr(experiment, "train", stopped)
    with pytest.raises(KeyboardInterrupt):
        sweep(Config(), GRID, tmp_path, say=lambda _: None)
    written = json.loads((tmp_path / "sweep.json").read_text())
    assert [len(point["runs"]) for point in written["points"]] == [1, 1, 0]
    monkeypatch.setattr(experiment, "train", draw)
    trained.clear()
    assert sweep(Config(), GRID, tmp_path, say=lambda _: None)["complete"]
    assert [config.epochs for config in trained] == [3]


def test_refuses_runs_of_data_that_changed(trained, tmp_path):
    sweep(Config(), GRID, tmp_path)
    path = next((tmp_path / "runs").glob("epochs=1,*")) / "report.json"
    content = json.loads(path.read_text())
    content["dataset_fingerprint"] = "0" * 64
    path.write_text(json.dumps(content))
    before = (tmp_path / "sweep.json").read_text()
    with pytest.raises(ValueError, match=r"epochs=1,.*epochs=2.*differs"):
        sweep(Config(), GRID, tmp_path)
    assert (tmp_path / "sweep.json").read_text() == before
    # Other data by the config's own word may differ.
    sweep(Config(), {"epochs": [1], "data_seed": [0, 1]}, tmp_path)


def test_refuses_a_folder_of_something_else(trained, tmp_path):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(ValueError, match=r"`out` must be a new.*earlier sweep"):
        sweep(Config(), GRID, tmp_path)
    with pytest.raises(ValueError, match="`out` must be a new"):
        sweep(Config(), GRID, tmp_path / "thesis.txt")
    assert not trained


@pytest.mark.parametrize("seeds", [(), (0, 0), (-1,), (0.5,)])
def test_bad_seeds(seeds, tmp_path):
    with pytest.raises(ValueError, match="`seeds` must be distinct integers"):
        sweep(Config(), GRID, tmp_path / "a", seeds=seeds)
