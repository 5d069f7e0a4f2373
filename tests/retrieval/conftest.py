import numpy as np
import pytest
from PIL import Image

from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval.scann import load_scann
from tests.retrieval.fake_model import FakeModel
from tests.retrieval.milvus.server import started


@pytest.fixture
def model():
    return FakeModel()


@pytest.fixture
def pixels():
    """Makes `n` different random images."""

    def make(n, seed=0):
        rng = np.random.default_rng(seed)
        return rng.integers(0, 256, (n, 8, 8, 3), dtype=np.uint8)

    return make


@pytest.fixture
def gallery(tmp_path, model):
    return Gallery.create(tmp_path / "gallery", model)


@pytest.fixture
def files(tmp_path, pixels):
    """Six image files, named 0.png to 5.png."""
    folder = tmp_path / "images"
    folder.mkdir()
    paths = [folder / f"{i}.png" for i in range(6)]
    for path, image in zip(paths, pixels(6), strict=True):
        Image.fromarray(image).save(path)
    return paths


@pytest.fixture(scope="module")
def scann_module():
    """Skips where ScaNN cannot run."""
    try:
        return load_scann()
    except ImportError as error:
        pytest.skip(str(error))


@pytest.fixture
def scann(scann_module):
    return scann_module


@pytest.fixture(scope="session")
def milvus_server(tmp_path_factory):
    """A real Milvus server; skips where none is installed."""
    yield from started(tmp_path_factory.mktemp("milvus"))
