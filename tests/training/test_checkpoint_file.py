import numpy as np
import pytest

from keras_cmr.training.checkpoint_file import read_checkpoint
from keras_cmr.training.checkpoint_file import write_checkpoint

ARRAYS = {
    "a/0": np.linspace(0, 1, 50, dtype="float32").reshape(5, 10),
    "a/1": np.array(3),
}
RECORD = {"epoch": 2, "loss": 0.1 + 0.2}


def same(arrays, record):
    return (
        record == RECORD
        and arrays.keys() == ARRAYS.keys()
        and all((arrays[name] == ARRAYS[name]).all() for name in ARRAYS)
    )


def test_round_trip(tmp_path):
    path = tmp_path / "a.npz"
    write_checkpoint(path, ARRAYS, RECORD)
    arrays, record = read_checkpoint(path)
    assert same(arrays, record)
    assert arrays["a/0"].dtype == "float32"
    assert [file.name for file in tmp_path.iterdir()] == ["a.npz"]


@pytest.mark.filterwarnings("ignore:Reading `.npy` or `.npz`:UserWarning")
def test_no_flipped_bit_is_taken_for_a_number(tmp_path):
    path = tmp_path / "a.npz"
    write_checkpoint(path, ARRAYS, RECORD)
    content, noticed = path.read_bytes(), 0
    for place in range(0, len(content), 3):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place // 3 % 8
        path.write_bytes(damaged)
        try:
            assert same(*read_checkpoint(path))  # a date, say
        except ValueError:
            noticed += 1
    assert noticed > 0.7 * len(content) / 3
    for size in range(0, len(content), 97):
        path.write_bytes(content[:size])
        with pytest.raises(ValueError, match="is damaged"):
            read_checkpoint(path)


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.npz"
    write_checkpoint(path, ARRAYS, RECORD)
    with pytest.raises(TypeError):
        write_checkpoint(path, ARRAYS, {"not": object()})
    assert same(*read_checkpoint(path))
    assert [file.name for file in tmp_path.iterdir()] == ["a.npz"]
