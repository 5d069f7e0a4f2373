import pytest

from tests.datasets.fashion200k import layout


@pytest.fixture
def tree(tmp_path):
    """A folder in Fashion200k's layout: 7 + 3 images, 2 queries."""
    images = [*layout.TRAIN, *layout.TOPS, *layout.TEST]
    layout.write(tmp_path, layout.files(), images)
    return tmp_path
