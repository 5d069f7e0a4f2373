import pytest

from keras_cmr.datasets.css import generate


@pytest.fixture(scope="session")
def css():
    """300 scenes of every split, three queries each."""
    return generate(scenes=300, verbose=0)


@pytest.fixture(scope="session")
def small_css():
    return generate(scenes=8, image_size=32, seed=3, verbose=0)
