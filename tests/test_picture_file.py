import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from PIL import UnidentifiedImageError

from keras_cmr import picture_file
from keras_cmr.datasets.css.read_original import _read_image
from keras_cmr.datasets.image_files import ImageFiles
from keras_cmr.models.images import load_image
from keras_cmr.picture_file import open_picture
from keras_cmr.retrieval.bulk.folder import image_folder
from keras_cmr.retrieval.images import UnreadableImage
from keras_cmr.retrieval.images import decode
from keras_cmr.serving.pictures import thumbnail

POSTSCRIPT = b"""%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 9 9
%%EndComments
(x) print
%%EOF
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A .jpg that holds PostScript, and a Ghostscript that leaves a trace."""
    (tmp_path / "gs").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\necho 9\n")
    (tmp_path / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    # Pillow looks for Ghostscript once a process.
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    path = tmp_path / "a.jpg"
    path.write_bytes(POSTSCRIPT)
    yield path
    assert not (tmp_path / "ran").exists()


def test_no_picture_runs_a_program(program):
    with pytest.raises(UnidentifiedImageError, match="PostScript"):
        open_picture(program)
    (reason,) = ImageFiles([program], 8).broken().values()
    assert str(program) in reason and "PostScript" in reason
    with pytest.raises(UnreadableImage, match="PostScript"):
        decode(program)
    with pytest.raises(OSError, match="PostScript"):
        _read_image(str(program), 8)


def test_formats_are_known_by_their_content(tmp_path):
    for name in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"):
        path = tmp_path / "a.jpg"
        Image.new("RGB", (5, 4), "red").save(path, name)
        with open_picture(path) as picture:
            assert (picture.format, picture.size) == (name, (5, 4))


@pytest.fixture
def heic(tmp_path):
    """Left half red, right half blue, 64 wide and 32 high."""
    pixels = np.zeros((32, 64, 3), "uint8")
    pixels[:, :32, 0] = pixels[:, 32:, 2] = 255
    path = tmp_path / "IMG_0001.HEIC"
    pillow_heif.from_pillow(Image.fromarray(pixels)).save(path, quality=90)
    return path


def test_heic_is_read_wherever_files_are(heic):
    (picture,) = image_folder(heic.parent).pictures()
    assert picture.id == heic.name
    small = Image.open(io.BytesIO(thumbnail(heic, 16)))
    assert small.size == (16, 8)
    for pixels in (decode(heic), load_image(heic, 32), small):
        pixels = np.asarray(pixels).astype(int)
        row = pixels[len(pixels) // 2]
        np.testing.assert_allclose(row[2], [255, 0, 0], atol=12)
        np.testing.assert_allclose(row[-3], [0, 0, 255], atol=12)


def test_heic_without_its_reader_says_what_to_install(heic, monkeypatch):
    monkeypatch.setattr(picture_file, "_reads_heic", lambda: False)
    # Another test may have taught it Pillow.
    known = [name for name in Image.ID if name != "HEIF"]
    monkeypatch.setattr(Image, "ID", known)
    with pytest.raises(UnreadableImage, match=r"keras-cmr\[heic\]"):
        decode(heic)
    with pytest.raises(UnidentifiedImageError, match="it is HEIC"):
        open_picture(io.BytesIO(heic.read_bytes()))
    heic.write_bytes(b"no picture")
    with pytest.raises(UnidentifiedImageError, match="cannot identify"):
        open_picture(heic)
