"""Stored features: computed once, whole, of these images and weights."""

import json

import keras
import numpy as np
import pytest
from PIL import Image

from keras_cmr.datasets import ImageFiles
from keras_cmr.training import feature_store
from keras_cmr.training.feature_store import stored_features
from tests.models import tiny


@pytest.fixture(scope="module")
def encoder():
    encoder = tiny.image_encoder()
    encoder.backbone.trainable = False
    return encoder


def stored(encoder, pixels, folder, maps=("pooled",)):
    return stored_features(encoder, maps, pixels, folder, verbose=0)


def test_rows_are_the_encoders_tensors(encoder, tmp_path):
    pixels = tiny.pictures(5)
    rows = stored(encoder, pixels, tmp_path, ["P2", "pooled"])
    maps = np.asarray(encoder(pixels)["P2"])
    mean = np.asarray(encoder(pixels)["feature_map"]).mean((1, 2))
    expected = np.concatenate([maps.reshape(5, -1), mean], axis=1)
    assert rows.dtype == np.float16
    np.testing.assert_allclose(rows, expected, rtol=1e-3, atol=1e-3)


def test_computed_once(encoder, tmp_path, monkeypatch):
    pixels = tiny.pictures(5)
    first = np.array(stored(encoder, pixels, tmp_path))
    monkeypatch.setattr(feature_store, "_extract", None)
    np.testing.assert_array_equal(stored(encoder, pixels, tmp_path), first)


def test_other_images_maps_or_weights_are_others(encoder, tmp_path):
    stored(encoder, tiny.pictures(5), tmp_path)
    stored(encoder, tiny.pictures(5, seed=1), tmp_path)
    stored(encoder, tiny.pictures(5), tmp_path, ["feature_map"])
    keras.utils.set_random_seed(2)
    other = tiny.image_encoder()
    other.backbone.trainable = False
    stored(other, tiny.pictures(5), tmp_path)
    assert len(list(tmp_path.iterdir())) == 4


def test_files_are_known_by_their_bytes(encoder, tmp_path):
    path = tmp_path / "a.png"
    folder = tmp_path / "features"
    for seed in (0, 1, 0):
        Image.fromarray(tiny.pictures(1, seed)[0]).save(path)
        stored(encoder, ImageFiles([path], 16), folder)
    assert len(list(folder.iterdir())) == 2


def test_a_stopped_extraction_goes_on(encoder, tmp_path, monkeypatch):
    monkeypatch.setattr(feature_store, "BATCH", 2)
    monkeypatch.setattr(feature_store, "ROWS_PER_MARK", 4)
    pixels = tiny.pictures(10)
    whole = np.array(stored(encoder, pixels, tmp_path / "whole"))

    class Stops:
        shape, dtype, stop = pixels.shape, pixels.dtype, 6

        def __len__(self):
            return len(pixels)

        def __array__(self, dtype=None, copy=None):
            return pixels

        def __getitem__(self, rows):
            seen.append(rows.start)
            if rows.start >= self.stop:
                raise KeyboardInterrupt
            return pixels[rows]

    seen, images = [], Stops()
    with pytest.raises(KeyboardInterrupt):
        stored(encoder, images, tmp_path / "stopped")
    assert seen == [0, 2, 4, 6]
    seen.clear()
    images.stop = 99
    rows = stored(encoder, images, tmp_path / "stopped")
    assert seen == [4, 6, 8]
    np.testing.assert_array_equal(rows, whole)
    home = next((tmp_path / "stopped").iterdir())
    names = {path.name for path in home.iterdir()}
    assert names <= {"features.npy", "done.json", "write.lock"}
    # Killed when all rows were there, but nothing yet said so.
    (home / "done.json").unlink()
    (home / "mark.json").write_text('{"rows": 8}')
    seen.clear()
    rows = stored(encoder, images, tmp_path / "stopped")
    assert seen == [0, 2, 4, 6, 8]
    np.testing.assert_array_equal(rows, whole)


@pytest.mark.parametrize("how", ["changed", "removed"])
def test_damage_is_an_error_that_says_what_to_do(encoder, tmp_path, how):
    pixels = tiny.pictures(5)
    stored(encoder, pixels, tmp_path)
    path = next(tmp_path.glob("*/features.npy"))
    if how == "removed":
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
    with pytest.raises(ValueError, match="are damaged: remove that folder"):
        stored(encoder, pixels, tmp_path)


def test_features_too_large_for_float16(encoder, tmp_path, monkeypatch):
    def large(model, pixels):
        return np.full((len(pixels), 64), 7e4, "float32")

    monkeypatch.setattr(feature_store, "outputs", large)
    with pytest.raises(ValueError, match=r"up to 65,504\. Received: a feature"):
        stored(encoder, tiny.pictures(3), tmp_path)
    assert not list(tmp_path.glob("*/done.json"))


def test_marks_count_rows(encoder, tmp_path, monkeypatch):
    monkeypatch.setattr(feature_store, "BATCH", 2)
    monkeypatch.setattr(feature_store, "ROWS_PER_MARK", 2)
    marks = []
    replace = feature_store.replace_file

    def noted(path, content):
        marks.append((path.name, json.loads(content)))
        replace(path, content)

    monkeypatch.setattr(feature_store, "replace_file", noted)
    stored(encoder, tiny.pictures(4), tmp_path)
    assert marks[:2] == [("mark.json", {"rows": 2}), ("mark.json", {"rows": 4})]
    assert marks[2][0] == "done.json"
