import numpy as np
import pytest

from keras_cmr.datasets.css.pixel_file import PixelFile

SHAPE = (10, 4, 4, 3)
PIXELS = np.random.default_rng(0).integers(0, 256, SHAPE, np.uint8)


def opened(folder):
    return PixelFile(folder / "new" / "a-train", SHAPE, 4)


def write(file, pieces):
    for piece in pieces:
        file.write(piece, PIXELS[4 * piece : 4 * piece + 4])


def test_pieces_in_any_order(tmp_path):
    file = opened(tmp_path)
    assert file.missing() == [0, 1, 2]
    write(file, [2, 0])
    assert opened(tmp_path).missing() == [1]
    write(file, [1])
    assert opened(tmp_path).missing() == []
    read = opened(tmp_path).read()
    np.testing.assert_array_equal(read, PIXELS)
    assert type(read) is np.ndarray
    assert not read.flags.writeable


@pytest.fixture
def whole(tmp_path):
    write(opened(tmp_path), [0, 1, 2])
    return tmp_path


def test_damage_is_found_where_it_is(whole):
    path = whole / "new" / "a-train.pixels"
    raw = bytearray(path.read_bytes())
    raw[4 * 48 + 7] ^= 1  # in the image 4, of piece 1
    path.write_bytes(bytes(raw))
    assert opened(whole).missing() == [1]
    write(opened(whole), [1])
    assert opened(whole).missing() == []


@pytest.mark.parametrize(
    ("length", "missing"), [(0, [0, 1, 2]), (200, [1, 2]), (479, [2])]
)
def test_a_file_cut_short(whole, length, missing):
    path = whole / "new" / "a-train.pixels"
    path.write_bytes(path.read_bytes()[:length])
    assert opened(whole).missing() == missing


def test_damaged_hashes_only_cost_time(whole):
    path = whole / "new" / "a-train.sha256"
    good = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(50):
        bad = bytearray(good[: rng.integers(len(good))])
        for position in rng.integers(len(bad), size=3) if bad else ():
            bad[position] = rng.integers(256)
        path.write_bytes(bytes(bad))
        # A line cut short must not swallow the next one.
        missing = opened(whole).missing()
        write(opened(whole), missing)
        assert opened(whole).missing() == []
        np.testing.assert_array_equal(opened(whole).read(), PIXELS)
    path.unlink()
    assert opened(whole).missing() == [0, 1, 2]
