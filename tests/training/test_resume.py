"""A run that was stopped and started again is the unbroken run."""

import dataclasses
import json

import pytest

from keras_cmr import experiment
from keras_cmr.training.run_folder import is_finished
from keras_cmr.write_lock import write_lock
from tests.training.small_run import CONFIG
from tests.training.small_run import Stop
from tests.training.small_run import StopAtTheEnd
from tests.training.small_run import assert_same
from tests.training.small_run import benchmark

# With all that has state of its own. Adam's is in test_checkpoint.py.
FULL = dataclasses.replace(
    CONFIG,
    optimizer="sgd",
    mutual_information=("PriorMatching",),
    ema_momentum=0.9,
    hard_negatives=2,
    mine_every=2,
    evaluate_every=2,
    monitor="val_R@5",
)


pytestmark = pytest.mark.usefixtures("tiny_encoder")


@pytest.fixture(scope="module")
def css():
    # To learn whether it is used, any split will do.
    whole = benchmark()
    return dataclasses.replace(whole, val=whole.train)


@pytest.fixture(scope="module")
def unbroken(css, tmp_path_factory):
    out = tmp_path_factory.mktemp("unbroken")
    return out, experiment.train(FULL, out, css, verbose=0)


def names(folder):
    return {path.name for path in folder.rglob("*")}


def test_resumed_run_equals_the_unbroken_one(css, unbroken, tmp_path):
    out, said = tmp_path / "run", []
    # In the last epoch, whose batches are made of what was mined before the
    # epoch that is already over.
    with pytest.raises(KeyboardInterrupt):
        experiment.train(FULL, out, css, callbacks=[Stop(3, 1)], verbose=0)
    assert "epoch_00003.npz" in names(out)
    assert not names(out) & {"epoch_00001.npz", "model.keras", "report.json"}
    with pytest.raises(KeyboardInterrupt):
        experiment.train(
            FULL,
            out,
            css,
            callbacks=[StopAtTheEnd()],
            verbose=0,
            say=said.append,
        )
    assert not names(out) & {"model.keras", "report.json"}
    run = experiment.train(FULL, out, css, verbose=0, say=said.append)
    assert said == [
        f"{out}: going on after epoch {done} of 4" for done in (3, 4)
    ]
    folder, whole = unbroken
    assert_same(run.model, whole.model)
    assert run.history == whole.history
    assert run.report.figures == whole.report.figures
    assert run.report.context["best_epoch"] in (2, 4)
    assert names(out) == names(folder)
    assert names(out) == {
        "config.yaml",
        "epochs.csv",
        "history.json",
        "model.keras",
        "report.json",
        "write.lock",
    }
    rows = [
        [
            row.split(",")[0]
            for row in (place / "epochs.csv").read_text().split()
        ]
        for place in (out, folder)
    ]
    assert rows[0] == rows[1] == ["epoch", "1", "2", "3", "4"]


def test_finished_run_is_read(css, unbroken, monkeypatch):
    out, whole = unbroken
    monkeypatch.setattr(experiment, "build_model", None)
    said = []
    run = experiment.train(FULL, out, css, verbose=0, say=said.append)
    assert said == [f"{out} holds the finished run: nothing to do"]
    assert (
        run.history
        == whole.history
        == json.loads((out / "history.json").read_text())
    )
    assert run.report.figures == whole.report.figures
    assert run.model.fingerprint == whole.model.fingerprint


def test_another_config_is_refused(css, unbroken):
    config = dataclasses.replace(FULL, epochs=5, learning_rate=0.5)
    with pytest.raises(
        ValueError,
        match=r"must be a new or empty folder.*differs in `learning_rate` "
        r"\(0\.01, not 0\.5\), `epochs` \(4, not 5\)",
    ):
        experiment.train(config, unbroken[0], css)


def test_a_folder_with_something_else_is_refused(css, tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(ValueError, match="must be a new or empty folder"):
        experiment.train(CONFIG, tmp_path, css)


def test_one_program_a_folder(css, tmp_path):
    with (
        write_lock(tmp_path),
        pytest.raises(BlockingIOError, match="another program"),
    ):
        experiment.train(CONFIG, tmp_path, css)


def test_no_model_is_chosen_on_the_test_split(css, tmp_path):
    with pytest.raises(ValueError, match="`monitor` needs a benchmark with a"):
        experiment.train(
            FULL, tmp_path / "run", dataclasses.replace(css, val=None)
        )
    assert not (tmp_path / "run").exists()


def test_what_does_not_fit_is_said_before_training(css, tmp_path):
    for changed, message in (
        ({"protocol": "tirg/caption-mach"}, "Did you mean 'tirg/caption-matc"),
        ({"protocol": "mit-states/adjective"}, "does not fit the split 'test'"),
        ({"monitor": "val_R@3"}, r"one of val_R@1, val_R@5, .*'val_R@3'"),
    ):
        config = dataclasses.replace(FULL, **changed)
        with pytest.raises(ValueError, match=message):
            experiment.train(config, tmp_path / "run", css)
    assert not (tmp_path / "run").exists()


def test_what_a_late_kill_leaves_is_removed(css, unbroken):
    out, _ = unbroken
    before = names(out)
    (out / "checkpoints").mkdir()
    for name in ("checkpoints/epoch_00004.npz", "best.keras", "start.keras"):
        (out / name).touch()
    experiment.train(FULL, out, css, verbose=0)
    assert names(out) == before


def test_what_a_kill_leaves_before_the_config(css, tmp_path):
    for name in ("write.lock", "config.yaml.new"):
        (tmp_path / name).touch()
    assert not is_finished(tmp_path, CONFIG)
