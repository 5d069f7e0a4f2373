import pytest
from PIL import Image
from PIL import UnidentifiedImageError

from keras_cmr.datasets.css.read_original import _read_image
from keras_cmr.datasets.image_files import ImageFiles
from keras_cmr.picture_file import open_picture
from keras_cmr.retrieval.images import UnreadableImage
from keras_cmr.retrieval.images import decode

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
