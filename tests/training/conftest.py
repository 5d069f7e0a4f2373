"""What several modules of training runs share."""

import pytest

from tests.training.small_run import use_tiny_encoder


@pytest.fixture(scope="module")
def tiny_encoder():
    with pytest.MonkeyPatch.context() as patch:
        use_tiny_encoder(patch)
        yield
