import json
import zipfile

import numpy as np
import pytest

from keras_cmr.retrieval.backend import NewRows
from keras_cmr.retrieval.bulk.shard_file import Shard
from keras_cmr.retrieval.bulk.shard_file import read_shard
from keras_cmr.retrieval.bulk.shard_file import write_shard


@pytest.fixture
def shard():
    vectors = np.eye(3, 4, dtype=np.float32)
    ids = ["a", "ü\u2028\n", '"q"']
    paths = ["/x/a.png", None, "/x/\udcff.png"]
    metadata = [{}, {"n": 1.5, "l": [True, None]}, {"t": "\n"}]
    rows = NewRows(ids, vectors, paths, metadata)
    return Shard("model", "digest", rows, [("bad", "no\npicture")])


def test_a_shard_comes_back_and_is_a_plain_zip_of_arrays(tmp_path, shard):
    path = tmp_path / "shard-000000.npz"
    write_shard(path, shard)
    read = read_shard(path)
    assert read._replace(rows=None) == shard._replace(rows=None)
    for column in ("ids", "paths", "metadata"):
        assert getattr(read.rows, column) == getattr(shard.rows, column)
    assert np.array_equal(read.rows.vectors, shard.rows.vectors)
    with np.load(path, allow_pickle=False) as opened:
        assert np.array_equal(opened["vectors"], np.eye(3, 4))
    with zipfile.ZipFile(path) as archive:
        lines = archive.read("rows.jsonl").decode().split("\n")
    assert json.loads(lines[1])["id"] == "ü\u2028\n"
    before = path.read_bytes()
    write_shard(path, read)
    assert path.read_bytes() == before


def test_every_damaged_byte_is_found(tmp_path, shard):
    path = tmp_path / "shard-000000.npz"
    write_shard(path, shard)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    found = 0
    places = rng.choice(len(whole), 300, replace=False).tolist()
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            read = read_shard(path)
        except ValueError as error:
            assert "shard-000000.npz" in str(error)
            found += 1
            continue
        # Dates and the like: what is read is what was written.
        assert np.array_equal(read.rows.vectors, shard.rows.vectors)
        assert read.rows.ids == shard.rows.ids
        assert read.skipped == shard.skipped
        assert (read.fingerprint, read.digest) == ("model", "digest")
    assert found > 200
    path.write_bytes(whole[:-30])
    with pytest.raises(ValueError, match=r"Damaged shard: .*npz"):
        read_shard(path)


def test_another_format_is_refused(tmp_path, shard, monkeypatch):
    path = tmp_path / "shard-000000.npz"
    monkeypatch.setattr("keras_cmr.retrieval.bulk.shard_file.FORMAT", 2)
    write_shard(path, shard)
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"format 2.*reads 1"):
        read_shard(path)
