import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from keras_cmr.retrieval import calibration
from keras_cmr.retrieval import exact
from keras_cmr.retrieval import scann as engine
from keras_cmr.retrieval.exclusion import Exclusion
from keras_cmr.retrieval.scann import ScannIndex
from keras_cmr.retrieval.scann import Setting
from keras_cmr.retrieval.scann import num_leaves_for
from keras_cmr.retrieval.vectors import Vectors

ROWS = 2000
FULL = Setting(ROWS, num_leaves_for(ROWS), ROWS)


def unit(rows):
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(40, 32))
    chosen = centres[rng.integers(40, size=ROWS)]
    vectors = unit(chosen + 0.7 * rng.normal(size=(ROWS, 32)))
    queries = unit(chosen[:150] + rng.normal(size=(150, 32)))
    return vectors, queries


@pytest.fixture(scope="module")
def index(data):
    try:
        engine.load_scann()
    except ImportError as error:
        pytest.skip(str(error))
    return ScannIndex.build(data[0])


def best_excluded(vectors, queries, count):
    """Excludes each query's own best rows: the worst case."""
    nothing = Exclusion.nothing(len(queries))
    if count == 0:
        return nothing
    rows, _ = exact.search(vectors, queries, count, nothing)
    return Exclusion(list(rows))


def same(got, want):
    """Same rows; near ties may swap, for sums are rounded differently."""
    assert np.array_equal(np.sort(got[0]), np.sort(want[0]))
    assert np.allclose(got[1], want[1], atol=1e-6)
    apart = np.abs(np.diff(want[1], axis=1, prepend=2, append=-2)) > 1e-6
    clear = apart[:, 1:] & apart[:, :-1]
    assert np.array_equal(got[0][clear], want[0][clear])


@pytest.mark.parametrize("k", [1, 10, 300])
@pytest.mark.parametrize("excluded", [0, 1, 30])
def test_everything_searched_and_reordered_is_exact(data, index, k, excluded):
    vectors, queries = data
    exclusion = best_excluded(vectors, queries, excluded)
    got = index.search(queries, k, exclusion, FULL)
    same(got, exact.search(vectors, queries, k, exclusion))


def test_queries_beyond_one_call_keep_their_order(data, index, monkeypatch):
    vectors, queries = data
    exclusion = best_excluded(vectors, queries, 3)
    monkeypatch.setattr(engine, "_QUERIES_PER_CALL", 64)
    got = index.search(queries, 5, exclusion, FULL)
    same(got, exact.search(vectors, queries, 5, exclusion))


def test_calibration_reaches_its_target_on_other_queries(data, index):
    vectors, _ = data
    report = calibration.calibrate(index, vectors, 0.95)
    assert report["reached"]
    assert [s.k for s in index.settings] == [10, 100]
    for result, setting in zip(report["results"], index.settings, strict=True):
        assert (result["leaves"], result["reorder"]) == setting[1:]
        assert result["leaves"] < report["num_leaves"]
        assert result["curve"][-1][2] == pytest.approx(
            result["recall"], abs=1e-4
        )
    other = calibration.sample_queries(vectors, seed=99)
    nothing = Exclusion.nothing(len(other))
    for k in (10, 100):
        want = exact.search(vectors, other, k, nothing)[0]
        got = index.search(other, k, nothing)[0]
        shared = [len(set(a) & set(b)) for a, b in zip(got, want, strict=True)]
        assert np.mean(shared) / k > 0.92


def test_calibration_reports_a_target_out_of_reach(scann, monkeypatch):
    # Hashes of two numbers tell few of these rows apart.
    vectors = unit(np.random.default_rng(0).normal(size=(5000, 2)))
    monkeypatch.setattr(calibration, "_DEPTHS", (1,))
    index = ScannIndex.build(vectors)
    result = calibration.calibrate(index, vectors, 0.98)
    assert not result["reached"]
    assert result["results"][0]["leaves"] == result["num_leaves"]
    monkeypatch.undo()
    # A deeper re-ordering is tried before more leaves.
    result = calibration.calibrate(index, vectors, 0.98)
    assert result["reached"]
    assert result["results"][0]["reorder"] > 100


def test_equal_vectors_do_not_lower_the_measured_recall(scann):
    vectors = np.tile(unit(np.ones((1, 16))), (400, 1))
    index = ScannIndex.build(vectors)
    assert calibration.calibrate(index, vectors, 1.0)["reached"]


@pytest.mark.parametrize("setting", [None, Setting(9, 1, 10), FULL])
@pytest.mark.parametrize("excluded", [1, 30, 150])
def test_exclusion_is_exact_at_every_setting(data, index, setting, excluded):
    vectors, queries = data
    calibration.calibrate(index, vectors, 0.9)
    if setting:
        index.settings = [setting]
    exclusion = best_excluded(vectors, queries, excluded)
    rows, scores = Vectors(vectors, index).search(queries, 12, exclusion)
    want_rows, _ = exact.search(vectors, queries, 12, exclusion)
    for found, out in zip(
        rows,
        exclusion.select(range(150)).rows.reshape(150, excluded),
        strict=True,
    ):
        assert len(set(found)) == 12
        assert not set(found) & set(out)
    assert np.isfinite(scores).all() and (np.diff(scores, axis=1) <= 0).all()
    own = np.einsum("qkd,qd->qk", vectors[rows], queries)
    assert np.allclose(scores, own, atol=1e-5)
    if setting == FULL or excluded > 100:
        assert np.array_equal(rows, want_rows)


def test_rows_that_scann_cannot_fill_are_answered_exactly(data, index):
    vectors, queries = data
    index.settings = [Setting(10, 1, 10)]
    nothing = Exclusion.nothing(len(queries))
    _, scores = index.search(queries, 400, nothing)
    short = np.isneginf(scores).any(axis=1)
    assert short.any() and not np.isnan(scores).any()
    got = Vectors(vectors, index).search(queries, 400, nothing)
    want = exact.search(vectors, queries, 400, nothing)
    same([g[short] for g in got], [w[short] for w in want])


def test_newer_rows_are_found_beside_the_index(data, index):
    vectors, queries = data
    index.settings = [FULL]
    rows = Vectors(vectors, index)
    rows.append(unit(queries[:2] + 0.01))
    rows.append(unit(queries[2:5] - 0.01))
    assert len(rows) == ROWS + 5 and rows.num_fresh == 5
    both = np.concatenate([vectors, *rows.blocks()[1:]])
    exclusion = best_excluded(both, queries, 2)
    nothing = Exclusion.nothing(len(queries))
    got = rows.search(queries, 10, nothing)
    assert got[0][:5, 0].tolist() == [ROWS + i for i in range(5)]
    for excluded in (nothing, exclusion):
        got = rows.search(queries, 10, excluded)
        same(got, exact.search(both, queries, 10, excluded))
    same(
        rows.search(queries[:3], ROWS + 5, Exclusion.nothing(3)),
        exact.search(both, queries[:3], ROWS + 5, Exclusion.nothing(3)),
    )


def test_a_saved_and_moved_index_answers_the_same(data, index, tmp_path):
    _, queries = data
    nothing = Exclusion.nothing(len(queries))
    setting = Setting(10, 9, 100)
    index.save(tmp_path / "a")
    shutil.move(tmp_path / "a", tmp_path / "b")
    loaded = ScannIndex.load(tmp_path / "b", ROWS, [setting])
    want = index.search(queries, 10, nothing, setting)
    got = loaded.search(queries, 10, nothing)
    # Not bit by bit: one index, asked twice, differs in the last bit too.
    same(got, want)
    with pytest.raises(ValueError, match=r"index of 7 rows\. Received: 2000"):
        ScannIndex.load(tmp_path / "b", 7, [setting])


def test_loading_unpickles_nothing(index, tmp_path):
    index.save(tmp_path / "a")
    (tmp_path / "a" / "scann_docids.pkl").write_bytes(b"no pickle")
    ScannIndex.load(tmp_path / "a", ROWS, [FULL])


def test_smallest_gallery_that_scann_may_see(scann):
    vectors = unit(np.random.default_rng(0).normal(size=(256, 8)))
    assert engine.MINIMUM_ROWS == 256
    index = ScannIndex.build(vectors)
    full = Setting(10, num_leaves_for(256), 256)
    nothing = Exclusion.nothing(256)
    rows, _ = index.search(vectors, 10, nothing, full)
    assert np.array_equal(rows, exact.search(vectors, vectors, 10, nothing)[0])


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
    with pytest.raises(ImportError, match=r'pip install "keras-cmr\[scann\]"'):
        engine.load_scann.__wrapped__()
