import numpy as np
import pytest
from PIL import Image

from keras_cmr.retrieval import images


def test_paths_pil_images_and_arrays_decode_to_the_same_pixels(files, pixels):
    wanted = pixels(6)[0]
    pil = Image.fromarray(wanted)
    for image in images.as_list([str(files[0]), files[0], pil, wanted], "x"):
        assert np.array_equal(np.asarray(images.decode(image)), wanted)


def test_other_colour_modes_become_rgb(tmp_path):
    path = tmp_path / "grey.png"
    Image.new("L", (4, 2), 9).save(path)
    got = np.asarray(images.decode(path))
    assert got.shape == (2, 4, 3) and (got == 9).all()


def test_orientation_is_left_to_the_model(tmp_path):
    image = Image.new("RGB", (4, 2))
    image.getexif()[274] = 6
    image.save(tmp_path / "turned.jpg", exif=image.getexif())
    got = images.decode(tmp_path / "turned.jpg")
    assert got.size == (4, 2)
    assert got.getexif()[274] == 6


@pytest.mark.parametrize(
    "damage", ["missing", "empty", "text", "cut", "folder"]
)
def test_an_unreadable_file_says_why(files, damage):
    path = files[0].with_name("damaged.png")
    if damage == "folder":
        path.mkdir()
    elif damage != "missing":
        whole = files[0].read_bytes()
        cut = {"empty": b"", "text": b"hello", "cut": whole[: len(whole) // 2]}
        path.write_bytes(cut[damage])
    with pytest.raises(images.UnreadableImage, match="Error: "):
        images.decode(path)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("a.png", TypeError, "`x` must be a list. Received: one str"),
        (Image.new("RGB", (2, 2)), TypeError, "`x` must be a list.*one Image"),
        (3, TypeError, "`x` must be a list. Received: 3"),
        ([3], TypeError, "paths, PIL images or uint8 arrays. Received: 3"),
        ([""], TypeError, "paths, PIL images or uint8 arrays. Received: ''"),
        (np.zeros((2, 2, 3), np.uint8), ValueError, r"shape=\(2, 2, 3\)"),
        (np.zeros((1, 2, 2, 3)), ValueError, "uint8.*dtype=float64"),
        ([np.zeros((2, 2, 4), np.uint8)], ValueError, r"shape=\(2, 2, 4\)"),
        ([np.zeros((0, 2, 3), np.uint8)], ValueError, "with pixels"),
    ],
)
def test_bad_images_are_refused(value, error, message):
    with pytest.raises(error, match=message):
        images.as_list(value, "x")
