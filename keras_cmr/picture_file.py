"""Opening picture files that may hold anything."""

import functools

from PIL import Image
from PIL import UnidentifiedImageError

# Of the files that folders are searched for.
ENDINGS = (
    ".bmp",
    ".gif",
    ".heic",
    ".heif",
    ".jpeg",
    ".jpg",
    ".png",
    ".webp",
)
# Brands of ISO media files whose pictures are HEVC: what iPhones write.
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def open_picture(file) -> Image.Image:
    """`PIL.Image.open`, with HEIC and without PostScript.

    Pillow looks at what a file holds, not at its name, and hands PostScript
    to Ghostscript: what a `.jpg` from the internet says would run as a
    program. HEIC, which phones write, is read where `pillow-heif` is
    installed (`pip install "keras-cmr[heic]"`).

    Args:
        file: Path, or file object of bytes.

    Raises:
        OSError: For a file that is missing or is no picture.
    """
    reads_heic = _reads_heic()
    try:
        picture = Image.open(file)
    except UnidentifiedImageError:
        if not reads_heic and _is_heic(file):
            raise UnidentifiedImageError(
                'it is HEIC, for which `pip install "keras-cmr[heic]"` brings '
                "a reader"
            ) from None
        raise
    if picture.format == "EPS":
        picture.close()
        raise UnidentifiedImageError("it is PostScript, a program")
    return picture


@functools.cache
def _reads_heic():
    """Teaches Pillow HEIC, once a process; whether that is possible."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener()
    return True


def _is_heic(file):
    if hasattr(file, "read"):
        file.seek(0)
        start = file.read(12)
    else:
        with open(file, "rb") as opened:
            start = opened.read(12)
    return start[4:8] == b"ftyp" and start[8:12] in _HEIC
