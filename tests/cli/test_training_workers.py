"""Two workers on one machine, by the command that a user types."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from keras_cmr import models
from keras_cmr.evaluation import Report
from tests.models.test_replicas import free_ports

CONFIG = """
scenes: 60
renders: 1
image_size: 32
embedding_dim: 16
text_units: 16
mutual_information: [TextImageMI]
batch_size: 16
epochs: 2
devices: workers
"""


def start(folder, cluster, index):
    place = {"cluster": cluster, "task": {"type": "worker", "index": index}}
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "keras_cmr.cli", "train"),
            *(folder / "small.yaml", "--out", folder / "run"),
        ],
        env={
            **os.environ,
            "CUDA_VISIBLE_DEVICES": "",
            "KERAS_CMR_CACHE": str(folder / "cache"),
            "TF_CONFIG": json.dumps(place),
            # Where the second worker writes what nobody keeps.
            "TMPDIR": str(folder / "temporary"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.large
def test_the_first_worker_keeps_the_run(tmp_path):
    (tmp_path / "small.yaml").write_text(CONFIG)
    (tmp_path / "temporary").mkdir()
    cluster = {"worker": [f"localhost:{port}" for port in free_ports(2)]}
    workers = [start(tmp_path, cluster, index) for index in range(2)]
    try:
        (first, errors), (second, _) = (
            worker.communicate(timeout=600) for worker in workers
        )
    finally:
        for worker in workers:
            worker.kill()
    assert [worker.returncode for worker in workers] == [0, 0], errors
    run = tmp_path / "run"
    assert f"Model and report: {run}" in first.replace("\n", "")
    assert "the chief alone keeps model and report" in second
    assert "R@1" in first and "R@1" not in second
    assert not list((tmp_path / "temporary").glob("keras-cmr-worker-*"))
    losses = json.loads((run / "history.json").read_text())["loss"]
    assert len(losses) == 2 and losses[1] < losses[0]
    assert Report.load(run / "report.json").num_queries == 180
    for weight in models.load(run / "model.keras").get_weights():
        assert np.all(np.isfinite(weight))
