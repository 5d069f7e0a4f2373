"""ScaNN behind its gate: what it proposes, its files, where it can't run."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from keras_cmr.retrieval import scann as engine
from keras_cmr.retrieval.scann import ScannIndex
from keras_cmr.retrieval.scann import num_leaves_for
from tests.retrieval.dictionary import clustered_rows
from tests.retrieval.dictionary import random_rows

ROWS = 2000


@pytest.fixture(scope="module")
def vectors():
    return clustered_rows(ROWS)


@pytest.fixture(scope="module")
def queries():
    return clustered_rows(150, seed=5)


@pytest.fixture(scope="module", params=["mapped", "bfloat16", "int8"])
def index(request, vectors, scann_module):
    return ScannIndex.build(vectors, request.param)


def test_everything_searched_proposes_every_row(index, queries):
    rows = index.candidates(queries[:7], ROWS, num_leaves_for(ROWS), ROWS)
    assert rows.dtype == np.int64
    assert np.array_equal(np.sort(rows, axis=1), [np.arange(ROWS)] * 7)


@pytest.mark.parametrize("count", [1, 7])
def test_places_that_cannot_be_filled_are_marked(index, queries, count):
    rows = index.candidates(queries[:count], 200, 1, 400)
    assert rows.shape[0] == count and rows.min() >= -1 and rows.max() < ROWS
    for found in rows:
        there = found[found >= 0]
        assert len(set(there)) == len(there) > 0
    assert (rows == -1).any()


def test_a_saved_and_moved_index_answers_the_same(index, queries, tmp_path):
    index.save(tmp_path / "a")
    shutil.move(tmp_path / "a", tmp_path / "b")
    loaded = ScannIndex.load(tmp_path / "b", ROWS, index._reorder)
    want = index.candidates(queries, 10, 9, 100)
    got = loaded.candidates(queries, 10, 9, 100)
    assert np.array_equal(np.sort(got), np.sort(want))
    with pytest.raises(ValueError, match=r"index of 7 rows\. Received: 2000"):
        ScannIndex.load(tmp_path / "b", 7, "mapped")


def test_loading_unpickles_nothing(index, tmp_path):
    index.save(tmp_path / "a")
    (tmp_path / "a" / "scann_docids.pkl").write_bytes(b"no pickle")
    ScannIndex.load(tmp_path / "a", ROWS, index._reorder)


@pytest.mark.parametrize("dim", [2, 8, 300])
def test_smallest_gallery_that_scann_may_see(scann, dim):
    vectors = random_rows(256, dim)
    assert engine.MINIMUM_ROWS == 256
    index = ScannIndex.build(vectors, "mapped")
    rows = index.candidates(vectors[:3], 10, num_leaves_for(256), 256)
    assert np.array_equal(np.sort(rows, axis=1), [np.arange(256)] * 3)


def test_import_spares_tensorflow_and_leaves_scann_importable(scann):
    code = (
        "import sys; from keras_cmr.retrieval.scann import load_scann\n"
        "load_scann()\n"
        "assert 'tensorflow' not in sys.modules\n"
        "assert 'scann' not in sys.modules\n"
    )
    subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=True, env=os.environ
    )


@pytest.mark.parametrize(
    ("flags", "missing"),
    [("sse avx2", r"\['fma'\]"), ("fma avx", r"\['avx2'\]"), (None, "AVX2")],
)
def test_a_cpu_without_the_instructions_is_refused(tmp_path, flags, missing):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor: 0\n" + (f"flags : {flags}" if flags else ""))
    with pytest.raises(ImportError, match=missing):
        engine._check_machine(cpuinfo)
    cpuinfo.write_text("processor: 0\nflags : fma x avx2\n")
    if sys.platform == "linux":
        engine._check_machine(cpuinfo)


def test_another_system_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(ImportError, match="Linux x86-64 only"):
        engine._check_machine()


def test_a_missing_package_names_what_to_install(monkeypatch):
    monkeypatch.setattr(engine, "_check_machine", lambda: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r'"keras-cmr\[retrieval\]"'):
        engine.load_scann.__wrapped__()
