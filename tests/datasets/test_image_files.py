import hashlib

import numpy as np
import pytest
from PIL import Image
from PIL import PngImagePlugin

from keras_cmr.datasets import ImageFiles


@pytest.fixture
def paths(tmp_path):
    """Five grey pictures of different sizes, levels 0 to 200."""
    for i in range(5):
        pixels = np.full((6 + i, 9, 3), 50 * i, "uint8")
        Image.fromarray(pixels).save(tmp_path / f"{i}.png")
    return [tmp_path / f"{i}.png" for i in range(5)]


def levels(pixels):
    assert pixels.shape[-3:] == (4, 4, 3) and pixels.dtype == np.uint8
    return pixels[..., 0, 0, 0].tolist()


def test_looks_like_an_array(paths):
    files = ImageFiles(paths, 4)
    assert len(files) == 5
    assert files.shape == (5, 4, 4, 3)
    assert files.ndim == 4 and files.dtype == np.uint8
    assert levels(files[2]) == 100
    assert levels(files[np.int32(-1)]) == 200
    assert levels(files[[3, 1, 3]]) == [150, 50, 150]
    assert levels(files[1:3]) == [50, 100]
    assert levels(files[np.array([True, False, False, False, True])]) == [
        0,
        200,
    ]
    assert files[[]].shape == (0, 4, 4, 3)
    with pytest.raises(IndexError):
        files[5]
    with pytest.raises(IndexError):
        files[[0, 7]]


def test_digest_sees_bytes_order_and_size(paths):
    digest = ImageFiles(paths, 4).digest()
    own = hashlib.sha256(b"(5, 4, 4, 3)")
    for path in paths:
        own.update(hashlib.sha256(path.read_bytes()).digest())
    assert digest == own.hexdigest()
    assert ImageFiles(paths[::-1], 4).digest() != digest
    assert ImageFiles(paths, 5).digest() != digest
    paths[0].write_bytes(paths[0].read_bytes() + b"\0")
    assert ImageFiles(paths, 4).digest() != digest


def test_broken_files_are_named(paths):
    whole = paths[1].read_bytes()
    paths[1].write_bytes(whole[: len(whole) // 2])
    paths[3].write_bytes(b"GIF89a no picture")
    paths[4].unlink()
    files = ImageFiles(paths, 4)
    broken = files.broken()
    assert list(broken) == [1, 3, 4]
    for i, reason in broken.items():
        assert str(paths[i]) in reason
        with pytest.raises(ValueError, match=f"{i}.png"):
            files[i]
    with pytest.raises(ValueError, match=r"1\.png"):
        files[[0, 1]]


def test_a_picture_of_absurd_size_is_refused(paths, monkeypatch):
    # Pillow warns of one and refuses two times as many pixels.
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 20)
    with pytest.raises(ValueError, match=r"0.png: .* decompression bomb"):
        ImageFiles(paths, 4)[0]


def test_whatever_pillow_raises_the_file_is_named(paths):
    # A compressed text of two million letters is a ValueError to Pillow.
    text = PngImagePlugin.PngInfo()
    text.add_text("note", "a" * 2_000_000, zip=True)
    Image.new("RGB", (9, 9)).save(paths[2], pnginfo=text)
    files = ImageFiles(paths, 4)
    with pytest.raises(ValueError, match=r"2\.png"):
        files[2]
    assert "2.png" in files.broken()[2]


@pytest.mark.parametrize("size", [0, -1, 2.0, "4", None])
def test_image_size(size):
    with pytest.raises(ValueError, match="Received: image_size="):
        ImageFiles([], size)
