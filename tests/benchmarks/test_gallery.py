"""The benchmarks of galleries at toy size."""

import importlib.util
import json

import numpy as np
import pytest

from benchmarks import gallery
from benchmarks import gallery_data
from benchmarks import gallery_figure
from benchmarks import gallery_operations
from benchmarks import gallery_soak
from benchmarks import gallery_soak_sides
from benchmarks.gallery_engines import ENGINES
from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval.scann import load_scann

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("lance") is None, reason="no pylance"
    ),
    pytest.mark.filterwarnings("ignore:Exact search is used"),
]


@pytest.fixture(autouse=True)
def scann():
    try:
        load_scann()
    except ImportError as error:
        pytest.skip(str(error))


def test_galleries_and_their_filters(tmp_path, capsys):
    options = [
        "--smoke",
        "--sets=200k",
        f"--out={tmp_path}",
        f"--work={tmp_path / 'work'}",
    ]
    gallery.main(["run", "--engines=ours", *options])
    record = json.loads((tmp_path / "200k_ours.json").read_text())
    assert record["config"]["rows"] == 1_500
    assert record["open"]["described"]["engine"] == "scann"
    recalls = [
        point["recall"]["value"]
        for point in record["curve"]
        if point["setting"].get("depth") == 100
        and point["setting"]["through"] == "index"
    ]
    assert recalls == sorted(recalls)
    assert recalls[0] < 0.6
    assert recalls[-1] > 0.99
    assert record["add"]["rows_a_second"] > 0
    assert record["build"]["memory"]["peak_anonymous_mib"] > 10
    gallery.main(["filters", *options])
    filters = json.loads((tmp_path / "200k_filters.json").read_text())
    assert len(filters["filters"]) == 10
    for kind in ("random", "near", "far"):
        found = filters["filters"][f"{kind} 1.0%"]
        assert found["recall"]["value"] == 1  # rare: exact by contract
        assert 0 < found["share"] < 0.04
    gallery.main(["table", *options])
    assert "Gallery's own choice (scann" in (tmp_path / "table.md").read_text()
    assert (tmp_path / "recall.png").stat().st_size > 10_000
    capsys.readouterr()
    gallery.main(["run", "--engines=ours", *options])
    assert "is there" in capsys.readouterr().out


@pytest.mark.skipif(
    importlib.util.find_spec("faiss") is None, reason="faiss is not installed"
)
@pytest.mark.parametrize("name", ["exact", "faiss_ivf", "faiss_hnsw"])
def test_other_engines_find_the_best(tmp_path, name):
    gallery_data.write_synthetic(tmp_path, 1_500, 32)
    data = gallery_data.load(tmp_path)
    folder = tmp_path / name
    folder.mkdir()
    ENGINES[name](data, folder).build()
    engine = ENGINES[name](data, folder)
    engine.open()
    found = engine.search(data.queries, 10, **engine.settings()[-1])
    each = gallery_data.recalls(data.vectors, data.queries, data.truth, found)
    assert each.mean() > 0.99


def test_truth_is_the_best_of_all_scores(tmp_path):
    gallery_data.write_synthetic(tmp_path, 12_000, 8)
    data = gallery_data.load(tmp_path)
    for query, best in zip(data.queries[:5], data.truth, strict=False):
        scores = [float(row @ query) for row in data.vectors]
        np.testing.assert_allclose(
            best, sorted(scores, reverse=True)[:10], atol=1e-6
        )
    found = np.full((len(data.queries), 10), -1)
    assert not gallery_data.recalls(
        data.vectors, data.queries, data.truth, found
    ).any()
    assert np.bincount(data.cells).sum() == 12_000
    # A smaller set is the beginning of a larger one.
    gallery_data.write_synthetic(tmp_path / "less", 900, 8)
    less = gallery_data.load(tmp_path / "less")
    np.testing.assert_array_equal(less.vectors, data.vectors[:900])
    np.testing.assert_array_equal(less.queries, data.queries)


def test_random_operations(tmp_path, capsys):
    status = gallery_operations.main(
        ["--smoke", "--operations=3000", f"--out={tmp_path}"]
    )
    record = json.loads((tmp_path / "operations.json").read_text())
    assert status == 0
    assert record["operations"] >= 3_000
    assert record["searches_compared_exactly"] > 20
    assert "0 disagreements" in capsys.readouterr().out


def test_a_disagreement_is_seen(tmp_path, monkeypatch, capsys):
    """The comparison can fail: a gallery that forgets to exclude."""
    search = Gallery.search_embeddings

    def forgetful(self, queries, k, exclude=None, where=None):
        return search(self, queries, k, None, where)

    monkeypatch.setattr(Gallery, "search_embeddings", forgetful)
    status = gallery_operations.main(
        ["--smoke", "--operations=6000", f"--out={tmp_path}"]
    )
    assert status == 1
    assert "is no candidate" in capsys.readouterr().out


def test_soak(tmp_path, capsys):
    status = gallery_soak.main(
        [
            "--minutes=0.04",
            "--rows=1200",
            "--dim=16",
            "--exact-below=100000",
            f"--out={tmp_path}",
        ]
    )
    record = json.loads((tmp_path / "soak.json").read_text())
    assert status == 0, record["first_errors"]
    assert record["reads"]["plain"]["count"] > 0
    assert record["writes"]["add"]["count"] > 0
    assert record["rows_at_the_end"] in (1_200, 1_300)
    assert (tmp_path / "soak.png").exists()


def test_latencies_beyond_the_last_class():
    took = gallery_soak_sides.Latencies()
    for seconds in (0.001, 0.002, 500.0):
        took.append(seconds)
    summary = took.summary()
    assert summary["count"] == 3
    assert summary["p50_ms"] == pytest.approx(2, rel=0.01)
    assert summary["p99_ms"] == summary["max_ms"] == 500_000


def test_frontier_drops_what_is_dearer_and_no_better():
    points = [(3, 0.9), (1, 0.5), (2, 0.9), (4, 0.95), (5, 0.4)]
    assert gallery_figure.frontier(points) == [(1, 0.5), (2, 0.9), (4, 0.95)]
