import numpy as np
import pytest
from PIL import Image

from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval import embed_images
from keras_cmr.retrieval import load_shards
from tests.retrieval.bulk.conftest import BROKEN
from tests.retrieval.bulk.conftest import picture
from tests.retrieval.fake_model import FakeModel


@pytest.fixture
def shards(photos, model, tmp_path):
    embed_images(photos, model, tmp_path / "s", shard_size=5, verbose=0)
    return tmp_path / "s"


def test_a_gallery_of_shards(gallery, shards, photos, vectors):
    summary = load_shards(gallery, shards, verbose=0)
    assert (summary.written, summary.kept) == (11, 0)
    assert [id for id, _ in summary.skipped] == [BROKEN]
    assert gallery.ids == tuple(sorted(vectors))
    for id, vector in vectors.items():
        [hits] = gallery.search_embeddings(vector[None], k=1)
        assert (hits[0].id, hits[0].path) == (id, str((photos / id).resolve()))
    again = load_shards(gallery, shards, verbose=0)
    assert (again.written, again.kept) == (0, 11)


def test_loading_goes_on_where_it_stopped(gallery, shards, monkeypatch):
    add, calls = gallery._backend.add, []

    def dying(rows):
        if len(calls) == 1:
            raise OSError("the power is cut")
        calls.append(rows)
        add(rows)

    monkeypatch.setattr(gallery._backend, "add", dying)
    with pytest.raises(OSError, match="power"):
        load_shards(gallery, shards, verbose=0)
    monkeypatch.undo()
    reopened = Gallery.open(gallery.stats()["location"], FakeModel())
    assert len(reopened) == 5
    summary = load_shards(reopened, shards, verbose=0)
    assert (summary.written, summary.kept, len(reopened)) == (6, 5, 11)


@pytest.mark.parametrize("what", ["vector", "metadata", "path"])
def test_other_content_is_an_error_or_replaced(
    gallery, shards, photos, what, vectors
):
    load_shards(gallery, shards, verbose=0)
    id = "b/04.png"
    if what == "vector":
        with Image.open(photos / "a/00.png") as opened:
            wrong = opened.copy()
        gallery.remove([id])
        row = gallery._model.embed_targets([wrong])
        path = str((photos / id).resolve())
        gallery.add_embeddings(row, [id], paths=[path])
    elif what == "metadata":
        gallery.update([id], metadata=[{"x": 1}])
    else:
        gallery.remove([id])
        gallery.add_embeddings(vectors[id][None], [id])
    with pytest.raises(ValueError, match=r"`replace=True`. Received: 'b/04"):
        load_shards(gallery, shards, verbose=0)
    summary = load_shards(gallery, shards, replace=True, verbose=0)
    assert (summary.written, summary.kept) == (1, 10)
    [hits] = gallery.search_embeddings(vectors[id][None], k=1)
    assert (hits[0].id, hits[0].metadata) == (id, {})
    assert hits[0].path == str((photos / id).resolve())
    assert hits[0].score == pytest.approx(1, abs=1e-6)


def test_shards_that_do_not_fit_are_refused(
    gallery, shards, photos, tmp_path, model
):
    other = Gallery.create(tmp_path / "o", FakeModel("fedcba"))
    with pytest.raises(ValueError, match="Shards of another model"):
        load_shards(other, shards, verbose=0)
    with pytest.raises(ValueError, match=r"must hold shards.*plan\.json"):
        load_shards(gallery, photos, verbose=0)
    content = (shards / "shard-000001.npz").read_bytes()
    (shards / "shard-000001.npz").unlink()
    with pytest.raises(ValueError, match=r"must hold 3 shards.*000001\.npz"):
        load_shards(gallery, shards, verbose=0)
    (shards / "shard-000001.npz").write_bytes(content[:-5])
    with pytest.raises(ValueError, match="Damaged shard"):
        load_shards(gallery, shards, verbose=0)
    assert len(gallery) == 5


class FailingModel(FakeModel):
    """Fails when it is asked for the `calls`-th time."""

    def __init__(self, calls):
        super().__init__()
        self.left = calls

    def embed_targets(self, images):
        self.left -= 1
        if not self.left:
            raise RuntimeError("out of memory")
        return super().embed_targets(images)


def test_unfinished_shards_are_refused(gallery, photos, model, tmp_path):
    def run(model):
        embed_images(photos, model, tmp_path / "s", shard_size=4, verbose=0)

    with pytest.raises(RuntimeError, match="out of memory"):
        run(FailingModel(3))
    with pytest.raises(ValueError, match="`shards` must be finished"):
        load_shards(gallery, tmp_path / "s", verbose=0)
    run(model)
    assert load_shards(gallery, tmp_path / "s", verbose=0).written == 11
    for number in range(5):
        picture(photos / f"z{number}.png", number)
    with pytest.raises(RuntimeError, match="out of memory"):
        run(FailingModel(2))
    with pytest.raises(ValueError, match="`shards` must be finished"):
        load_shards(gallery, tmp_path / "s", verbose=0)
    run(model)
    assert load_shards(gallery, tmp_path / "s", verbose=0).written == 5


def test_nothing_but_broken_images(gallery, model, tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "x.jpg").write_bytes(b"x")
    summary = embed_images(tmp_path / "p", model, tmp_path / "s", verbose=0)
    assert (summary.written, len(summary.skipped)) == (0, 1)
    assert load_shards(gallery, tmp_path / "s", verbose=0).written == 0
    assert np.size(gallery.ids) == 0
