"""Decoding and resizing in the graph, bit for bit as Pillow does both."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_cmr.export.pictures_in_graph import decode_pictures
from keras_cmr.export.pictures_in_graph import resize
from keras_cmr.models.images import load_image

SIZE = 16


@pytest.fixture(scope="module")
def decode():
    specs = [tf.TensorSpec((None,), tf.string)]
    return tf.function(lambda x: decode_pictures(x, SIZE), specs)


def photo(width, height, mode="RGB"):
    rng = np.random.default_rng(width * height)
    small = rng.integers(0, 256, (height // 9 + 2, width // 9 + 2, 3), np.uint8)
    picture = Image.fromarray(small).resize((width, height), Image.BICUBIC)
    return picture.convert(mode)


def content(picture, **kwargs):
    file = io.BytesIO()
    picture.save(file, **kwargs)
    return file.getvalue()


@pytest.mark.parametrize(
    "size", [(SIZE, SIZE), (1, 1), (3, 70), (70, 3), (40, 200), (200, 40)]
)
def test_resize_is_pillows(size):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (*size, 3), np.uint8)
    wanted = Image.fromarray(pixels).resize((SIZE, SIZE), Image.BILINEAR)
    np.testing.assert_array_equal(resize(pixels, SIZE), np.array(wanted))


def test_resize_is_pillows_for_many_sizes():
    rng = np.random.default_rng(1)
    graph = tf.function(
        lambda x: resize(x, SIZE), [tf.TensorSpec((None, None, 3), tf.uint8)]
    )
    for height, width in rng.integers(1, 300, (200, 2)):
        pixels = rng.integers(0, 256, (height, width, 3), np.uint8)
        wanted = Image.fromarray(pixels).resize((SIZE, SIZE), Image.BILINEAR)
        np.testing.assert_array_equal(
            graph(pixels), np.array(wanted), err_msg=f"{height}x{width}"
        )


JPEGS = [
    {"subsampling": subsampling, "quality": quality, "progressive": progressive}
    for subsampling in (0, 1, 2)
    for quality, progressive in ((60, False), (95, True))
]


def test_jpegs_at_every_fraction_of_their_size(decode):
    # Fractions 1, 1, 2, 4 and 8 of 16 pixels.
    sizes = [(16, 16), (21, 35), (50, 33), (65, 90), (140, 301)]
    contents = [
        content(photo(*size), format="JPEG", **kwargs)
        for size in sizes
        for kwargs in JPEGS
    ]
    wanted = [load_image(io.BytesIO(file), SIZE) for file in contents]
    np.testing.assert_array_equal(decode(contents), wanted)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "RGBA", "LA"])
def test_pngs_of_every_kind(mode, decode):
    file = content(photo(50, 41, mode), format="PNG")
    wanted = load_image(io.BytesIO(file), SIZE)
    np.testing.assert_array_equal(decode([file])[0], wanted)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_jpegs_without_three_colours(mode, decode):
    file = content(photo(50, 41, mode), format="JPEG")
    wanted = load_image(io.BytesIO(file), SIZE)
    np.testing.assert_array_equal(decode([file])[0], wanted)


def test_orientation_is_ignored_by_both(decode):
    exif = Image.Exif()
    exif[0x112] = 6  # lies on its side
    file = content(photo(50, 20), format="JPEG", exif=exif)
    wanted = load_image(io.BytesIO(file), SIZE)
    np.testing.assert_array_equal(decode([file])[0], wanted)
    upright = load_image(Image.open(io.BytesIO(file)), SIZE)
    assert wanted.shape == upright.shape


def test_no_pictures(decode):
    assert decode(tf.constant([], tf.string)).shape == (0, SIZE, SIZE, 3)


DEEP = Image.fromarray(np.full((4, 4), 300, np.uint16))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (content(photo(20, 20), format="BMP"), "JPEG or PNG"),
        (content(DEEP, format="PNG"), "no 16-bit grey"),
        (b"", "JPEG or PNG"),
        (content(photo(90, 90), format="JPEG")[:300], "JPEG"),
        (content(photo(90, 90), format="PNG")[:300], "PNG"),
    ],
)
def test_what_can_not_be_read(bad, message, decode):
    good = content(photo(20, 20), format="PNG")
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        decode([good, bad])
