"""A config names its devices; one worker of several writes."""

import json

import keras
import pytest

from keras_cmr import experiment
from keras_cmr.config import Config
from keras_cmr.training import devices
from keras_cmr.training.devices import find_devices
from keras_cmr.training.devices import folder_to_write
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
