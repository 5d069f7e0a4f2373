import numpy as np

from keras_cmr.retrieval import Gallery
from tests.retrieval.reference_gallery import PixelModel


def test_only_removals_are_taken_in(tmp_path):
    rows = np.eye(4, dtype=np.float32)
    gallery = Gallery.create(tmp_path, PixelModel())
    gallery.add_embeddings(rows, list("abcd"))
    reader = Gallery.open(tmp_path, PixelModel())
    gallery.remove(["b", "d"])
    assert reader.refresh()
    assert reader.ids == ("a", "c")
    hits = reader.search_embeddings(rows[1:2], k=4)[0]
    assert [hit.id for hit in hits] == ["a", "c"]
    assert not reader.refresh()
