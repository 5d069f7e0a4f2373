import threading
import time

import numpy as np
import pytest
from PIL import Image

from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval import decoding
from tests.retrieval.fake_model import FakeModel


class PreparingModel(FakeModel):
    """Reads images its own way: one row of pixels."""

    def __init__(self):
        super().__init__()
        self.threads = set()

    def prepare_image(self, image):
        self.threads.add(threading.current_thread().name)
        if "bad" in str(image):
            raise ValueError("not for me")
        with Image.open(image) as opened:
            return np.array(opened.convert("RGB"))[:1]


def test_pieces_are_bounded_and_complete(files, model, monkeypatch):
    monkeypatch.setattr(decoding, "_IMAGES_PER_PIECE", 4)
    bad = files[2].with_name("bad.png")
    bad.write_bytes(b"no image")
    got = list(decoding.pieces([*files[:2], bad, *files[3:]], model))
    assert [positions for positions, _, _ in got] == [[0, 1, 3], [4, 5]]
    assert [[p for p, _ in failed] for _, _, failed in got] == [[2], []]
    monkeypatch.setattr(decoding, "_BYTES_PER_PIECE", 2 * 8 * 8 * 3)
    got = decoding.pieces(files, model)
    assert [p for p, _, _ in got] == [[0, 1], [2, 3], [4, 5]]
    assert list(decoding.pieces([], model)) == []


def test_pixels_come_in_order_whatever_kind_the_image_is(files, pixels, model):
    wanted = pixels(6)
    pil = Image.open(files[1])
    images = [wanted[3], files[0], pil, files[5], pil]
    [(positions, got, failures)] = decoding.pieces(images, model, threads=2)
    assert positions == [0, 1, 2, 3, 4] and failures == []
    for array, row in zip(got, [3, 0, 1, 5, 1], strict=True):
        assert np.array_equal(np.asarray(array), wanted[row])


def test_the_model_may_read_images_itself_in_threads(files):
    model = PreparingModel()
    bad = files[0].with_name("bad.png")
    [(positions, got, failures)] = decoding.pieces([*files, bad], model)
    assert {array.shape for array in got} == {(1, 8, 3)}
    assert positions == list(range(6))
    assert [(p, str(error)) for p, error in failures] == [(6, "not for me")]
    assert all(name.startswith("decode") for name in model.threads)


def test_a_gallery_and_its_queries_read_as_the_model_does(tmp_path, files):
    model = PreparingModel()
    gallery = Gallery.create(tmp_path / "g", model)
    gallery.add(files, verbose=0)
    with Image.open(files[0]) as opened:
        row = np.array(opened)[:1]
    best = gallery.search(files[0])
    assert str(files[0]) not in [hit.id for hit in best]
    [hits] = gallery.search_embeddings(model.embed_targets([row]), k=1)
    assert hits[0].id == str(files[0])
    assert hits[0].score == pytest.approx(1.0, abs=1e-6)


def test_the_next_piece_is_decoded_meanwhile(files, model, monkeypatch):
    monkeypatch.setattr(decoding, "_IMAGES_PER_PIECE", 1)
    seen = []
    monkeypatch.setattr(
        decoding, "decode", lambda image: seen.append(image) or image
    )
    arrays = [np.zeros((2, 2, 3), np.uint8)] * 50
    coming = decoding.pieces(arrays, model, threads=1)
    next(coming)
    end = time.monotonic() + 10
    while len(seen) < 3 and time.monotonic() < end:
        time.sleep(0.01)
    # The piece in hand, the next one, and one image a thread.
    time.sleep(0.05)
    assert 3 <= len(seen) <= 5
    coming.close()
    assert len(seen) < 10


def test_an_error_that_is_not_the_images_is_raised(files, model):
    def images():
        yield files[0]
        raise RuntimeError("of the caller")

    with pytest.raises(RuntimeError, match="of the caller"):
        list(decoding.pieces(images(), model))
