import uuid

import pytest


@pytest.fixture
def location(milvus_server):
    return milvus_server.location(f"g{uuid.uuid4().hex}")
