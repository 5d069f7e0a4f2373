"""Text inside drawn pictures: the font, wrapping, lines."""

import functools
import pathlib

import matplotlib
from PIL import ImageDraw
from PIL import ImageFont

LINE_HEIGHT = 1.35
TICK = "\u2713"


@functools.lru_cache
def font(size, bold=False):
    """DejaVu Sans as Matplotlib ships it: no system font is needed."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    folder = pathlib.Path(matplotlib.get_data_path(), "fonts", "ttf")
    return ImageFont.truetype(str(folder / name), size)


def line_height(face):
    """Distance in pixels from one line to the next."""
    return round(face.size * LINE_HEIGHT)


def wrap(text, face, width, max_lines):
    """Break `text` into at most `max_lines` lines of at most `width` pixels.

    Words wider than a line are broken between letters. Text that does not
    fit ends in an ellipsis.

    Args:
        text: str. Runs of white space count as one space.
        face: Font of `font`.
        width: int. Width of a line in pixels.
        max_lines: int. The most lines returned.

    Returns:
        List of str, empty for a text without letters.
    """
    lines = []
    line = ""
    for word in drawable(text).split():
        joined = f"{line} {word}" if line else word
        if face.getlength(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = _pieces(word, face, width)
        lines.extend(full)
    if line:
        lines.append(line)
    if len(lines) > max_lines:
        lines = lines[:max_lines]
        lines[-1] = _shorten(lines[-1], face, width)
    return lines


def drawable(text):
    """`text` with lone surrogates, which no font can draw, marked as `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _pieces(word, face, width):
    """Cut a word into pieces of at most `width`, one letter at the least."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and face.getlength(pieces[-1] + letter) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _shorten(line, face, width):
    while line and face.getlength(line + "…") > width:
        line = line[:-1]
    return line.rstrip() + "…"


def draw_lines(canvas, lines, corner, face, colour):
    """Write lines below each other and return the `y` under the last."""
    draw = ImageDraw.Draw(canvas)
    x, y = corner
    for line in lines:
        draw.text((x, y), line, fill=colour, font=face)
        y += line_height(face)
    return y
