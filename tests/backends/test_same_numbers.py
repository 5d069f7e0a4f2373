"""One `.keras` file and one batch: the same numbers on every backend.

Each backend runs in a process of its own, since a process has but one. The
file is written on TensorFlow.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
OTHERS = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(
            importlib.util.find_spec(name) is None,
            reason=f'{name} is missing: pip install -e ".[backends]"',
        ),
    )
    for name in ("jax", "torch")
]


def run(backend, *arguments):
    """What `answers.py` printed, on one backend."""
    process = subprocess.run(
        [sys.executable, Path(__file__).parent / "answers.py", *arguments],
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "PYTHONPATH": str(ROOT),
            "TF_CPP_MIN_LOG_LEVEL": "3",
        },
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("model"))
    return folder, run("tensorflow", folder, "write")


@pytest.mark.parametrize("backend", OTHERS)
def test_same_numbers(backend, expected):
    folder, ours = expected
    theirs = run(backend, folder)
    assert theirs["backend"] == backend
    assert theirs["fingerprint"] == ours["fingerprint"]
    assert theirs["ranking"] == ours["ranking"]
    for name in ("queries", "targets", "losses", "fusions"):
        for key, value in ours[name].items():
            np.testing.assert_allclose(
                theirs[name][key], value, rtol=1e-4, atol=1e-4, err_msg=key
            )
    # A step on the same batch, with the same weights, moves them alike.
    assert theirs["logs"].keys() == ours["logs"].keys()
    for key, value in ours["logs"].items():
        assert theirs["logs"][key] == pytest.approx(value, abs=1e-4), key
    assert max(ours["moved"]) > 1e-3
    # Sorted, for the order of the weights is the backend's own.
    np.testing.assert_allclose(
        sorted(theirs["moved"]), sorted(ours["moved"]), rtol=1e-2, atol=1e-4
    )
