"""Logs of others: what is wired to what."""

import dataclasses
import importlib.util
import sys
import types

import keras
import pytest

from keras_cmr.training.logs import check_logs
from keras_cmr.training.logs import log_callbacks
from tests.training.small_run import CONFIG


def test_tensorboard(tmp_path):
    config = dataclasses.replace(CONFIG, evaluate_every=3)
    with log_callbacks(["tensorboard"], tmp_path, config, "split") as made:
        names = [type(callback).__name__ for callback in made]
        assert names == ["TensorBoard", "RankedImages", "EmbeddingProjector"]
        assert {callback.every for callback in made[1:]} == {3}
        assert {callback.log_dir for callback in made[1:]} == {
            tmp_path / "tensorboard"
        }
    with log_callbacks(["tensorboard"], tmp_path, CONFIG, "split") as made:
        assert len(made) == 1


@pytest.mark.skipif(
    importlib.util.find_spec("mlflow") is not None, reason="mlflow is there"
)
def test_what_is_missing_is_named():
    with pytest.raises(ImportError, match="run `pip install mlflow`"):
        check_logs(["mlflow"])
    with pytest.raises(ValueError, match=r"\['mlflow', 'tensorboard', 'wandb'"):
        check_logs(["tensorbord"])


class Logger(keras.callbacks.Callback):
    """Stands for the callback of a package that is not there."""


def test_a_resumed_run_is_the_same_run_of_wandb(tmp_path, monkeypatch):
    started, finished = [], []

    def init(**settings):
        started.append(settings)
        return types.SimpleNamespace(finish=lambda: finished.append(1))

    integration = types.SimpleNamespace(WandbMetricsLogger=Logger)
    monkeypatch.setitem(sys.modules, "wandb", types.SimpleNamespace(init=init))
    monkeypatch.setitem(sys.modules, "wandb.integration.keras", integration)
    for _ in range(2):
        with log_callbacks(["wandb"], tmp_path, CONFIG, None) as made:
            assert isinstance(made[0], Logger)
            assert len(started) == len(finished) + 1
    assert len(finished) == 2
    assert started[0] == started[1]
    assert started[0]["resume"] == "allow"
    assert started[0]["config"]["batch_size"] == CONFIG.batch_size


def test_a_resumed_run_is_the_same_run_of_mlflow(tmp_path, monkeypatch):
    asked, logged = [], []

    class Run:
        info = types.SimpleNamespace(run_id="abc")

        def __enter__(self):
            return self

        def __exit__(self, *error):
            return False

    def start_run(run_id, run_name):
        asked.append(run_id)
        return Run()

    package = types.SimpleNamespace(
        start_run=start_run, log_dict=lambda *what: logged.append(what)
    )
    own = types.SimpleNamespace(MlflowCallback=Logger)
    monkeypatch.setitem(sys.modules, "mlflow", package)
    monkeypatch.setitem(sys.modules, "mlflow.keras", own)
    for _ in range(2):
        with log_callbacks(["mlflow"], tmp_path, CONFIG, None) as made:
            assert isinstance(made[0], Logger)
    assert asked == [None, "abc"]
    assert len(logged) == 1
