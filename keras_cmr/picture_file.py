"""Opening picture files that may hold anything."""

from PIL import Image
from PIL import UnidentifiedImageError


def open_picture(file) -> Image.Image:
    """`PIL.Image.open`, but for PostScript.

    Pillow looks at what a file holds, not at its name, and hands PostScript
    to Ghostscript: what a `.jpg` from the internet says would run as a
    program.

    Args:
        file: Path, or file object of bytes.

    Raises:
        OSError: For a file that is missing or is no picture.
    """
    picture = Image.open(file)
    if picture.format == "EPS":
        picture.close()
        raise UnidentifiedImageError("it is PostScript, a program")
    return picture
