"""`keras.distribution` on JAX trains as one device with the whole batch."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("jax") is None,
    reason='jax is missing: pip install -e ".[backends]"',
)


@pytest.mark.parametrize(
    # On one device gradient caching changes nothing: `test_gradient_caching`.
    "case",
    ["cached", pytest.param("plain", marks=pytest.mark.large)],
)
def test_four_devices_equal_one(case):
    process = subprocess.run(
        [sys.executable, Path(__file__).parent / "sharded_runs.py", case],
        env={
            **os.environ,
            "KERAS_BACKEND": "jax",
            "JAX_PLATFORMS": "cpu",
            "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
            "XLA_FLAGS": "--xla_force_host_platform_device_count=4",
            "PYTHONPATH": str(ROOT),
            "TF_CPP_MIN_LOG_LEVEL": "3",
        },
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert process.returncode == 0, process.stderr[-4000:]
    answers = json.loads(process.stdout.splitlines()[-1])
    one, many = answers["one"], answers[case]
    assert (one["devices"], many["devices"]) == ([1], [4])
    assert many["logs"].keys() == one["logs"].keys()
    for name, value in one["logs"].items():
        assert many["logs"][name] == pytest.approx(value, abs=2e-5), name
    for a, b in zip(many["weights"], one["weights"], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-6)
    # Embedding takes batches that don't divide by the devices.
    np.testing.assert_allclose(many["odd"], one["odd"], atol=1e-5)
