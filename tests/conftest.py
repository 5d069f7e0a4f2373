"""What every test starts from."""

import os

# Each worker of pytest-xdist has a core; more threads than cores would get in
# each other's way. BLAS and TensorFlow read this as they are imported.
if "PYTEST_XDIST_WORKER" in os.environ:
    for name in ("OMP_NUM", "OPENBLAS_NUM", "TF_NUM_INTRAOP"):
        os.environ.setdefault(f"{name}_THREADS", "1")

import keras
import pytest


@pytest.fixture(autouse=True)
def same_random_numbers():
    """A test draws the same weights whenever, and beside whatever, it runs."""
    keras.utils.set_random_seed(1)
