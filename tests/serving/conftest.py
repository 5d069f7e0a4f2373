import time

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from keras_cmr.retrieval import Gallery
from keras_cmr.serving import Limits
from keras_cmr.serving import Service
from keras_cmr.serving import application
from tests.retrieval.fake_model import FakeModel

NUM = 12


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A gallery's folder and its picture files; read only."""
    folder = tmp_path_factory.mktemp("served")
    return fill(folder), sorted((folder / "photos").glob("*.png"))


def fill(folder):
    """Makes photos and a gallery of them in a folder; its path."""
    photos = folder / "photos"
    photos.mkdir()
    pixels = np.random.default_rng(3).integers(
        0, 256, (NUM, 40, 60, 3), dtype=np.uint8
    )
    paths = [photos / f"{i:02}.png" for i in range(NUM)]
    for path, image in zip(paths, pixels, strict=True):
        Image.fromarray(image).save(path)
    gallery = Gallery.create(folder / "gallery", FakeModel())
    ids = [f"id/{i}" for i in range(NUM)]
    metadata = [{"brand": "ab"[i % 2], "price": i} for i in range(NUM)]
    gallery.add(paths, ids=ids, metadata=metadata, verbose=0)
    # One without a file.
    gallery.add([255 - pixels[0]], ids=["bare"], verbose=0)
    return folder / "gallery"


@pytest.fixture
def served(made):
    """Makes test clients of servers; they are ready when one has them."""
    clients = []

    def make(model=None, limits=None, wait=True, **kwargs):
        hosts = {
            name: kwargs.pop(name)
            for name in ("allow_hosts", "allow_origins", "page")
            if name in kwargs
        }
        service = Service.open(
            made[0], model or FakeModel(), limits=limits or Limits(), **kwargs
        )
        client = TestClient(
            application(service, **hosts),
            raise_server_exceptions=False,
            client=("192.0.2.1", 50000),
        )
        client.__enter__()
        clients.append(client)
        if wait:
            wait_until(lambda: client.get("/healthz").status_code == 200)
        client.service = service
        return client

    yield make
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def client(served):
    return served()


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
