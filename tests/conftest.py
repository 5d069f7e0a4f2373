"""What every test starts from."""

import keras
import pytest


@pytest.fixture(autouse=True)
def same_random_numbers():
    """A test draws the same weights whenever, and beside whatever, it runs."""
    keras.utils.set_random_seed(1)
