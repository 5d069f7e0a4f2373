import numpy as np
import pytest
from PIL import Image

from keras_cmr.datasets import ImageFiles
from keras_cmr.datasets.image_records import ImageRecords


@pytest.fixture
def both(tmp_path):
    """Two photos as files, and one after the other in one file."""
    rng = np.random.default_rng(0)
    paths, places, start = [], [], 3
    record = tmp_path / "record"
    content = b"..."
    for name, shape in (("a.jpg", (90, 70, 3)), ("b.png", (20, 30, 3))):
        path = tmp_path / name
        Image.fromarray(rng.integers(0, 256, shape, "uint8")).save(path)
        size = path.stat().st_size
        paths.append(path)
        places.append((str(record), start, size))
        content += path.read_bytes() + b"--"
        start += size + 2
    record.write_bytes(content)
    return paths, places


# Of a large JPEG, a fraction of the pixels is decoded: the same one.
@pytest.mark.parametrize("size", [8, 64])
def test_equal_to_the_files(both, size):
    paths, places = both
    files, records = ImageFiles(paths, size), ImageRecords(places, size)
    np.testing.assert_array_equal(records[:], files[:])
    np.testing.assert_array_equal(records[-1], files[-1])
    assert records.digest() == files.digest()
    assert records.shape == files.shape == (2, size, size, 3)
    assert [records.content(i) for i in (0, 1)] == [
        path.read_bytes() for path in paths
    ]


def test_broken_image_is_named(both):
    _, ((path, start, size), good) = both
    records = ImageRecords([(path, start, size // 2), good], 8)
    with pytest.raises(ValueError, match=rf"record, {size // 2} bytes from 3"):
        records[0]
    assert list(records.broken()) == [0]
