import uuid

import pytest


@pytest.fixture(params=["local", "milvus"])
def new_location(request, tmp_path):
    """Function that gives places for new galleries, with each backend."""
    if request.param == "local":
        return lambda: str(tmp_path / uuid.uuid4().hex)
    server = request.getfixturevalue("milvus_server")
    return lambda: server.location(f"g{uuid.uuid4().hex}")


@pytest.fixture
def location(new_location):
    """Where a new gallery may be made, with each backend."""
    return new_location()
