"""Replicas of `tf.distribute` train as one device with the whole batch.

They run in programs of their own: devices are set up before TensorFlow
starts, and a process can have but one strategy of several devices.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_cmr.models.trainers import replicas
from tests.models.plain_retriever import retriever
from tests.models.plain_retriever import rows_for

pytestmark = pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="of TensorFlow alone"
)
ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
SECONDS = 900


def start(script, *arguments, **environment):
    return subprocess.Popen(
        [sys.executable, HERE / script, *map(str, arguments)],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "-1",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(processes):
    """What each printed last; none outlives this."""
    try:
        printed = []
        for process in processes:
            out, error = process.communicate(timeout=SECONDS)
            assert process.returncode == 0, error[-4000:]
            printed.append(json.loads(out.splitlines()[-1]))
        return printed
    finally:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()


def assert_same(many, one):
    assert many["logs"].keys() == one["logs"].keys()
    for name, value in one["logs"].items():
        assert many["logs"][name] == pytest.approx(value, abs=2e-5), name
    assert len(many["weights"]) == len(one["weights"]) > 10
    for a, b in zip(many["weights"], one["weights"], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-6)


def check(devices, *cases):
    (answers,) = finish([start("replica_runs.py", devices, *cases)])
    assert list(answers) == list(cases)
    for answer in answers.values():
        assert_same(answer["many"], answer["one"])
        # Weights that never moved would agree, too.
        moved = zip(answer["one"]["weights"], answer["first"], strict=True)
        assert sum(np.abs(np.subtract(a, b)).max() > 1e-4 for a, b in moved) > 6
    return answers


def test_two_replicas_equal_one_device():
    """Every term, ids apart, both directions, a small last batch, metrics."""
    logs = check(2, "last")["last"]["many"]["logs"]
    assert {"loss", "recall_at_1", "prior_matching"} <= set(logs)


@pytest.mark.large
def test_each_part_by_itself():
    check(2, "plain", "symmetric", "terms", "cached", "normalized")


@pytest.mark.large
def test_evaluate_sees_the_whole_batch():
    logs = check(2, "evaluated")["evaluated"]["many"]["logs"]
    assert {"val_loss", "val_metric_loss", "val_recall_at_1"} <= set(logs)


@pytest.mark.large
def test_four_replicas_of_which_one_gets_no_rows():
    check(4, "last", "cached")


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("localhost", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.mark.large
def test_two_workers_equal_one_process(tmp_path):
    cluster = {"worker": [f"localhost:{port}" for port in free_ports(2)]}
    workers = [
        start(
            "worker_run.py",
            tmp_path,
            TF_CONFIG=json.dumps(
                {"cluster": cluster, "task": {"type": "worker", "index": index}}
            ),
            KERAS_CMR_CACHE=str(tmp_path / str(index)),
        )
        for index in range(2)
    ]
    first, second = finish(workers)
    alone = start(
        "worker_run.py", tmp_path, KERAS_CMR_CACHE=str(tmp_path / "0")
    )
    (one,) = finish([alone])
    assert_same(first, one)
    assert_same(second, one)
    # The first worker alone has written into the folder.
    assert (first["wrote"], second["wrote"]) == (True, False)


@pytest.mark.parametrize("reduction", ["sum", None])
def test_a_loss_that_is_no_mean_is_refused(reduction, monkeypatch):
    loss = keras.losses.MeanSquaredError(reduction=reduction)
    replicas.check_loss([loss, "mse", None])
    monkeypatch.setattr(replicas, "count", lambda: 2)
    replicas.check_loss([keras.losses.MeanSquaredError(), "mse", None])
    with pytest.raises(ValueError, match="`reduction` of `loss` must be"):
        replicas.check_loss([loss])


def test_losses_of_layers_that_replicas_would_mix_are_refused(monkeypatch):
    layer = keras.layers.BatchNormalization(synchronized=True)
    model = retriever(normalization=layer)
    monkeypatch.setattr(replicas, "count", lambda: 2)
    model(rows_for(4), training=True)
    replicas.check_layers(model)
    model.fusion.adds_loss = True
    model(rows_for(4), training=True)
    with pytest.raises(ValueError, match=r"`add_loss`. Received: \['gated_sum"):
        replicas.check_layers(model)
