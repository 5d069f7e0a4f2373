"""On a cluster of this machine: slow to start, so one test for all of it."""

import sys

import numpy as np
import pytest

from keras_cmr.retrieval import RayCluster
from keras_cmr.retrieval import embed_images
from keras_cmr.retrieval import index_images
from keras_cmr.retrieval.bulk.shard_file import read_shard
from tests.retrieval.bulk.conftest import BROKEN
from tests.retrieval.fake_model import FakeModel


@pytest.mark.large
@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::DeprecationWarning"
)
def test_a_cluster_gives_what_this_process_gives(photos, model, tmp_path):
    pytest.importorskip("ray")
    here, there = tmp_path / "here", tmp_path / "there"
    cluster = RayCluster("local", workers=2)
    wanted = embed_images(photos, model, here, 5, verbose=0)
    got = embed_images(photos, model, there, 5, cluster, verbose=0)
    assert (got.written, got.skipped) == (11, wanted.skipped)
    assert [id for id, _ in got.skipped] == [BROKEN]
    for path in sorted(here.glob("shard-*.npz")):
        ours, theirs = read_shard(path), read_shard(there / path.name)
        assert theirs.digest == ours.digest
        assert theirs.skipped == ours.skipped
        for column in ("ids", "paths", "metadata"):
            assert getattr(theirs.rows, column) == getattr(ours.rows, column)
        difference = theirs.rows.vectors - ours.rows.vectors
        assert np.abs(difference).max() <= 1e-6
    again = embed_images(photos, model, there, 5, cluster, verbose=0)
    assert (again.written, again.kept) == (0, 11)

    made = RayCluster("local", load_model=FakeModel)
    gallery, summary = index_images(
        photos, tmp_path / "g", model, shard_size=5, cluster=made, verbose=0
    )
    assert summary.written == 11
    assert gallery.ids == tuple(
        id
        for path in sorted(here.glob("shard-*.npz"))
        for id in read_shard(path).rows.ids
    )
    other = RayCluster("local", load_model=lambda: FakeModel("fedcba"))
    with pytest.raises(Exception, match="must be that of this program"):
        embed_images(photos, model, tmp_path / "o", cluster=other, verbose=0)


def test_without_ray_the_command_is_named(photos, model, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ImportError, match=r'pip install "keras-cmr\[ray\]"'):
        embed_images(
            photos,
            model,
            tmp_path / "o",
            cluster=RayCluster("local"),
            verbose=0,
        )


def test_images_in_memory_do_not_travel(pixels, model, tmp_path):
    records = [{"image": image, "id": "a"} for image in pixels(1)]
    with pytest.raises(TypeError, match=r"of image files.*ndarray"):
        embed_images(
            records, model, tmp_path / "o", cluster=RayCluster("local")
        )


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"address": ""}, TypeError, "`address` must be"),
        ({"address": "ray://h:10001"}, ValueError, "ray job submit"),
        ({"workers": 0}, ValueError, "`workers` must be at least 1"),
        ({"cpus": 1.5}, TypeError, "`cpus` must be an integer"),
        ({"gpus": -1}, ValueError, "`gpus` must be at least 0"),
    ],
)
def test_bad_clusters(arguments, error, message):
    with pytest.raises(error, match=message):
        RayCluster(**{"address": "local", **arguments})
