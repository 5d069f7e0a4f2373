"""`kill -9` of the command at random moments, and the command again."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from keras_cmr import models

CONFIG = """
scenes: 60
renders: 1
image_size: 32
embedding_dim: 16
text_units: 16
mutual_information: [TextImageMI, PriorMatching]
ema_momentum: 0.9
hard_negatives: 2
mine_every: 2
batch_size: 16
epochs: 6
"""


def start(folder, name):
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "keras_cmr.cli", "train"),
            *(folder / "small.yaml", "--out", folder / name),
        ],
        env={
            **os.environ,
            "CUDA_VISIBLE_DEVICES": "",
            "KERAS_CMR_CACHE": str(folder / "cache"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.large
def test_killed_and_resumed_equals_unbroken(tmp_path):
    (tmp_path / "small.yaml").write_text(CONFIG)
    began = time.monotonic()
    output, _ = (whole := start(tmp_path, "whole")).communicate(timeout=900)
    assert whole.returncode == 0, output
    seconds, kills = time.monotonic() - began, 0
    for _ in range(20):
        run = start(tmp_path, "killed")
        # Longer lives at the end, so that it comes to an end.
        life = seconds * random.uniform(0.3, 0.9 + 0.1 * kills)
        try:
            output, _ = run.communicate(timeout=life)
            break
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.communicate()
            kills += 1
    assert run.returncode == 0, output
    assert kills
    one, other = (
        models.load(tmp_path / name / "model.keras")
        for name in ("whole", "killed")
    )
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    for name in ("history.json", "report.json"):
        a, b = (
            json.loads((tmp_path / run / name).read_text())
            for run in ("whole", "killed")
        )
        assert a.get("figures", a) == b.get("figures", b)
