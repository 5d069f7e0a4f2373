"""A config names its devices; one worker of several writes."""

import dataclasses
import json

import keras
import pytest

from keras_cmr import experiment
from keras_cmr.config import Config
from keras_cmr.training import build_model
from keras_cmr.training import devices
from keras_cmr.training.devices import find_devices
from keras_cmr.training.devices import folder_to_write
from tests.training.small_run import CONFIG
from tests.training.small_run import Stop
from tests.training.small_run import assert_same
from tests.training.small_run import benchmark
from tests.training.small_run import use_tiny_encoder


def test_one_is_the_default_and_changes_nothing():
    found = find_devices(Config())
    assert found.count == 1
    with found.building() as building, found.fitting() as fitting:
        assert building is fitting is None


def test_bad_devices(monkeypatch):
    with pytest.raises(ValueError, match=r"`devices` must be one of .*'two'"):
        Config(devices="two")
    three = devices.Devices(3)
    monkeypatch.setattr(devices, "_all_on_tensorflow", lambda: three)
    monkeypatch.setattr(devices, "_all_on_jax", lambda: three)
    for backend in ("tensorflow", "jax"):
        monkeypatch.setattr(keras.config, "backend", lambda name=backend: name)
        assert find_devices(Config(devices="all", batch_size=6)) is three
        with pytest.raises(ValueError, match="Received: batch_size=8 on 3"):
            find_devices(Config(devices="all", batch_size=8))
    for backend, kind in (("jax", "workers"), ("torch", "all")):
        monkeypatch.setattr(keras.config, "backend", lambda name=backend: name)
        with pytest.raises(ValueError, match=f"devices='{kind}' on {backend}"):
            find_devices(Config(devices=kind))


@pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="of TensorFlow alone"
)
def test_workers_need_to_know_each_other(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(ValueError, match="needs TF_CONFIG"):
        find_devices(Config(devices="workers"))


@pytest.mark.parametrize(
    ("kinds", "task", "writes"),
    [
        (["worker"], {"type": "worker", "index": 0}, True),
        (["worker"], {"type": "worker", "index": 1}, False),
        (["worker", "chief"], {"type": "chief", "index": 0}, True),
        (["worker", "chief"], {"type": "worker", "index": 0}, False),
    ],
)
def test_the_chief_alone_writes(kinds, task, writes, monkeypatch, tmp_path):
    cluster = {kind: ["localhost:1"] for kind in kinds}
    place = json.dumps({"cluster": cluster, "task": task})
    monkeypatch.setenv("TF_CONFIG", place)
    folder = folder_to_write(tmp_path / "run")
    assert (folder == tmp_path / "run") is writes
    assert folder.parent.is_dir() and not folder.exists()
    # Who trains on one device is nobody's worker.
    assert find_devices(Config()).place(tmp_path) == tmp_path


def test_workers_look_where_the_first_writes(monkeypatch, tmp_path):
    """One that went on alone would wait for the others for ever."""
    workers = devices.Devices(2, place=lambda out: tmp_path / "aside")
    monkeypatch.setattr(experiment, "find_devices", lambda config: workers)
    config = Config(devices="workers", scenes=8)
    out = tmp_path / "run"
    (out / "checkpoints").mkdir(parents=True)
    (out / "config.yaml").write_text(config.to_yaml())
    with pytest.raises(ValueError, match="several workers can't go on"):
        experiment.train(config, out)
    (out / "report.json").touch()
    monkeypatch.setattr(experiment, "_finished", lambda config, out, say: out)
    assert experiment.train(config, out) == out


@pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="configs: TensorFlow's tests"
)
def test_all_devices_of_a_machine_with_one(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_CMR_CACHE", str(tmp_path / "cache"))
    use_tiny_encoder(monkeypatch)
    sizes = {"embedding_dim": 8, "text_units": 8, "image_size": 32}
    config = Config(
        scenes=8, renders=1, batch_size=8, epochs=1, devices="all", **sizes
    )
    run = experiment.train(config, tmp_path / "run", verbose=0)
    assert type(run.model.distribute_strategy).__name__ == "MirroredStrategy"
    assert (tmp_path / "run" / "report.json").exists()
    assert "devices: all" in (tmp_path / "run" / "config.yaml").read_text()


ALL = dataclasses.replace(CONFIG, devices="all", epochs=3)


@pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="configs: TensorFlow's tests"
)
@pytest.mark.usefixtures("tiny_encoder")
@pytest.mark.parametrize(
    "changed",
    [
        {"ema_momentum": 0.9, "evaluate_every": 1, "optimizer": "sgd"},
        {"train_backbone": False, "cache_features": True},
    ],
    ids=["averaged", "cached"],
)
def test_all_devices_resume_exactly(changed, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_CMR_CACHE", str(tmp_path / "cache"))
    if "cache_features" in changed:
        made = build_model.image_encoder

        def frozen(config):
            encoder = made(config)
            encoder.backbone.trainable = False
            return encoder

        monkeypatch.setattr(build_model, "image_encoder", frozen)
    config, css = dataclasses.replace(ALL, **changed), benchmark()
    whole = experiment.train(config, tmp_path / "whole", css, verbose=0)
    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        experiment.train(config, out, css, callbacks=[Stop(1, 1)], verbose=0)
    run = experiment.train(config, out, css, verbose=0)
    assert_same(run.model, whole.model)
    assert run.history == whole.history


@pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="configs: TensorFlow's tests"
)
@pytest.mark.usefixtures("tiny_encoder")
def test_nan_on_all_devices_is_named(tmp_path):
    config = dataclasses.replace(ALL, learning_rate=1e30, warmup_steps=0)
    with pytest.raises(FloatingPointError, match="metric_loss=nan"):
        experiment.train(config, tmp_path / "run", benchmark(), verbose=0)
