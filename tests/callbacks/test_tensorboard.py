"""What TensorBoard finds in its folder."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_cmr import callbacks
from keras_cmr.datasets import css


class Stub:
    """Embeds the images of a split as the rows of an identity matrix."""

    fingerprint = "0"

    def __init__(self, split):
        self.split = split
        self.rows = np.eye(len(split.images), dtype="float32")

    def embed_targets(self, images, **kwargs):
        return self.rows

    def embed_queries(self, references, modifications, **kwargs):
        wanted = [images[0] for images in self.split.queries.targets]
        return self.rows[wanted]


@pytest.fixture(scope="module")
def split():
    return css.generate(
        scenes=4, modifications=2, renders=1, image_size=32, verbose=0
    ).test


def test_rankings_as_images(split, tmp_path):
    callback = callbacks.RankedImages(split, tmp_path, every=2, queries=3)
    callback.set_model(Stub(split))
    callback.on_epoch_end(0)
    assert not list(tmp_path.iterdir())
    callback.on_epoch_end(1)
    [path] = tmp_path.iterdir()
    events = [
        tf.compat.v1.Event.FromString(record.numpy())
        for record in tf.data.TFRecordDataset(str(path))
    ]
    [event] = [event for event in events if event.summary.value]
    [value] = event.summary.value
    assert (event.step, value.tag) == (2, "ranked/test")
    width, height, picture = value.tensor.string_val
    pixels = tf.io.decode_png(picture).numpy()
    assert pixels.shape == (int(height), int(width), 3)
    # Three rows of a reference and six hits, each 128 pixels wide.
    assert int(width) > 7 * 128 and int(height) > 3 * 128
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 10


def test_embeddings_for_the_projector(split, tmp_path):
    folder = tmp_path / "made"
    callback = callbacks.EmbeddingProjector(split, folder, most=5)
    callback.set_model(Stub(split))
    callback.on_epoch_end(0)
    vectors = np.loadtxt(folder / "vectors.tsv", delimiter="\t")
    assert vectors.shape == (10, len(split.images))
    # Queries of the ends of the table stand at the ends of the first half.
    first, last = (split.queries.targets[query][0] for query in (0, -1))
    assert vectors[0, first] == vectors[4, last] == 1
    lines = (folder / "metadata.tsv").read_text().splitlines()
    assert lines[0] == "kind\ttext"
    assert lines[1] == f"query\t{split.queries.modifications[0]}"
    assert lines[-1] == f"target\t{split.images.captions[-1]}"
    with Image.open(folder / "sprite.png") as sprite:
        assert sprite.size == (4 * 64, 4 * 64)
        shown = np.asarray(sprite.crop((0, 0, 64, 64)))
    reference = split.reference_pixels[split.queries.references[0]]
    wanted = Image.fromarray(reference).resize((64, 64))
    np.testing.assert_array_equal(shown, np.asarray(wanted))
    text = (folder / "projector_config.pbtxt").read_text()
    for name in ("vectors.tsv", "metadata.tsv", "sprite.png"):
        assert f'"{name}"' in text


def test_too_many_for_a_browser(split, tmp_path):
    with pytest.raises(ValueError, match=r"`most` must lie in 1\.\.8192"):
        callbacks.EmbeddingProjector(split, tmp_path, most=8193)
