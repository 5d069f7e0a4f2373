import io
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from keras_cmr.retrieval.images import UnreadableImage
from keras_cmr.serving.pictures import thumbnail
from keras_cmr.serving.pictures import uploaded_picture
from keras_cmr.serving.refused import Refused
from tests.serving import bombs

PIXELS = np.random.default_rng(0).integers(0, 256, (30, 20, 3), np.uint8)


def encoded(format, mode="RGB", **kwargs):
    out = io.BytesIO()
    Image.fromarray(PIXELS).convert(mode).save(out, format, **kwargs)
    return out.getvalue()


@pytest.mark.parametrize("format", ["PNG", "WEBP", "BMP"])
def test_lossless_formats(format):
    content = encoded(
        format, **({"lossless": True} if format == "WEBP" else {})
    )
    picture = uploaded_picture(content, 600)
    assert picture.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(picture), PIXELS)


@pytest.mark.parametrize(
    "format, mode",
    [("JPEG", "RGB"), ("JPEG", "CMYK"), ("GIF", "P"), ("PNG", "LA")],
)
def test_other_formats(format, mode):
    picture = uploaded_picture(encoded(format, mode), 600)
    assert (picture.mode, picture.size) == ("RGB", (20, 30))


@pytest.mark.parametrize(
    "content, status",
    [
        (encoded("PNG"), 413),  # 600 pixels, 599 allowed
        (bombs.png(30_000, 30_000), 413),
        (bombs.png(10_000, 10_000), 413),  # Pillow would warn
        (encoded("PNG")[:200], 422),
        (encoded("JPEG")[:200], 422),
        (encoded("PNG").replace(b"IDAT", b"IDAX"), 422),
        (b"\x89PNG\r\n\x1a\n", 422),
        (b"GIF89a", 422),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", 422),
        (encoded("TIFF"), 422),
        (b"\x00" * 1000, 422),
        (b"x", 422),
    ],
)
def test_what_is_refused(content, status):
    limit = 599 if status == 413 else 600
    with pytest.raises(Refused) as refused:
        uploaded_picture(content, limit)
    assert refused.value.status == status


def test_a_bomb_takes_no_memory():
    content = bombs.png(30_000, 30_000)
    assert len(content) < 120_000
    tracemalloc.start()
    with pytest.raises(Refused):
        uploaded_picture(content, 25_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_thumbnail(tmp_path):
    # Red above, blue below; the camera was turned by a quarter.
    pixels = np.zeros((80, 120, 3), np.uint8)
    pixels[:40, :, 0], pixels[40:, :, 2] = 255, 255
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "secret camera"
    path = tmp_path / "turned.jpg"
    Image.fromarray(pixels).save(path, exif=exif, quality=95)

    content = thumbnail(str(path), 30)
    small = Image.open(io.BytesIO(content))
    assert (small.format, small.size) == ("JPEG", (20, 30))
    assert b"secret" in path.read_bytes() and b"secret" not in content
    red, _, blue = small.getpixel((18, 15))
    assert red > 200 and blue < 50  # what was above is at the right
    assert small.getpixel((1, 15))[2] > 200


def test_thumbnails_never_grow(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(PIXELS).convert("RGBA").save(path)
    assert Image.open(io.BytesIO(thumbnail(path, 500))).size == (20, 30)


@pytest.mark.parametrize("name", ["missing.png", "text.png", "."])
def test_no_thumbnail(tmp_path, name):
    (tmp_path / "text.png").write_text("root:x:0:0")
    with pytest.raises(UnreadableImage):
        thumbnail(str(tmp_path / name), 100)
