import numpy as np
import pytest

from keras_cmr.retrieval.local import blocks as blocks_module
from keras_cmr.retrieval.local.blocks import Blocks
from keras_cmr.retrieval.local.growing import Growing


@pytest.mark.parametrize("seed", range(4))
def test_rows_are_numbered_through_all_blocks(seed, monkeypatch):
    monkeypatch.setattr(blocks_module, "_SMALL", 5)
    rng = np.random.default_rng(seed)
    parts = [
        rng.normal(size=(n, 3)).astype("f") for n in rng.integers(1, 12, 9)
    ]
    blocks = Blocks(parts[:4])
    for part in parts[4:]:
        blocks.append(part)
    whole = np.concatenate(parts)
    assert len(blocks) == len(whole) and blocks.dim == 3
    chosen = rng.integers(0, len(whole), (7, 2))
    assert np.array_equal(blocks.take(chosen), whole[chosen])
    assert blocks.take(np.empty(0, np.int64)).shape == (0, 3)
    for first in (0, 1, len(whole) // 2, len(whole) - 1, len(whole)):
        got = list(blocks.parts(first))
        places = [start + i for start, part in got for i in range(len(part))]
        assert places == list(range(first, len(whole)))
        rest = np.concatenate([whole[:0], *[part for _, part in got]])
        assert np.array_equal(rest, whole[first:])


def test_large_blocks_are_kept_and_small_ones_copied(monkeypatch):
    monkeypatch.setattr(blocks_module, "_SMALL", 5)
    large, small = np.zeros((5, 2), "f"), np.zeros((2, 2), "f")
    blocks = Blocks([small, large, small, small, large])
    parts = [part for _, part in blocks.parts()]
    assert [len(part) for part in parts] == [2, 5, 4, 5]
    small[:] = 1
    assert np.shares_memory(parts[1], large) and not parts[0].any()


def test_no_blocks_have_no_width():
    assert Blocks().dim is None and len(Blocks()) == 0
    assert list(Blocks().parts()) == []


def test_growing_doubles_its_room():
    growing = Growing(np.arange(3))
    rooms, want = set(), [0, 1, 2]
    for i in range(500):
        growing.append(np.array([i, -i]))
        rooms.add(len(growing._room))
        want += [i, -i]
    assert growing.rows.tolist() == want and len(growing) == len(want)
    assert len(rooms) < 12
