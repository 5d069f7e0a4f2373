"""Queries and their ranked hits in one picture."""

import dataclasses

import numpy as np
from PIL import Image

from keras_cmr.visualization.examples import RankedExample
from keras_cmr.visualization.lettering import TICK
from keras_cmr.visualization.lettering import draw_lines
from keras_cmr.visualization.lettering import font
from keras_cmr.visualization.lettering import line_height
from keras_cmr.visualization.lettering import wrap
from keras_cmr.visualization.pixels import check_positive
from keras_cmr.visualization.pixels import paste_framed
from keras_cmr.visualization.theme import LIGHT

MARGIN = 20
GAP = 16
ROW_GAP = 22
TEXT_WIDTH = 168
LABEL_GAP = 9
TEXT_SIZE = 15
LABEL_SIZE = 12
LABEL_LINES = 2
CAPTION_LINES = 3


@dataclasses.dataclass(frozen=True)
class _Cell:
    """A picture of a row, its frame and the lines under it."""

    pixels: np.ndarray
    side: int
    label: str
    caption: str = ""
    colour: str = LIGHT.line
    frame: int = 1
    bold: bool = False

    @property
    def label_lines(self):
        face = font(LABEL_SIZE, self.bold)
        return wrap(self.label, face, self.side, LABEL_LINES)

    @property
    def caption_lines(self):
        return wrap(self.caption, font(LABEL_SIZE), self.side, CAPTION_LINES)

    @property
    def height(self):
        lines = len(self.label_lines) + len(self.caption_lines)
        return self.side + LABEL_GAP + lines * line_height(font(LABEL_SIZE))

    def draw(self, canvas, corner):
        x, y = corner
        paste_framed(
            canvas, self.pixels, corner, self.side, self.colour, self.frame
        )
        y += self.side + LABEL_GAP
        face = font(LABEL_SIZE, self.bold)
        colour = self.colour if self.bold else LIGHT.ink
        y = draw_lines(canvas, self.label_lines, (x, y), face, colour)
        face = font(LABEL_SIZE)
        draw_lines(canvas, self.caption_lines, (x, y), face, LIGHT.soft)


def ranked_pictures(examples, side=128):
    """Draw one row a query: reference, modification, then the hits in order.

    The right answer has a thick green frame and a tick before its place and
    score; other hits have a thin gray frame. Where no hit is right, the
    target follows the hits, with its rank and without a tick.

    Args:
        examples: Sequence of `RankedExample`.
        side: int. Edge of a picture in pixels. Small pictures are enlarged by
            a whole factor without blur. Defaults to `128`.

    Returns:
        RGB `PIL.Image.Image`.
    """
    examples = check_examples(examples, "examples")
    if not examples:
        raise ValueError("`examples` must not be empty. Received: none.")
    check_positive(side, "side")
    rows = [_cells(example, side) for example in examples]
    heights = [max(cell.height for cell in row if cell) for row in rows]
    columns = max(len(row) for row in rows)
    # Questions of texts alone need no column for references.
    bare = all(example.reference is None for example in examples)
    shift = -(side + GAP) if bare else 0
    size = (
        shift + _left(columns - 1, side) + side + MARGIN,
        2 * MARGIN + sum(heights) + ROW_GAP * (len(rows) - 1),
    )
    canvas = Image.new("RGB", size, LIGHT.ground)
    y = MARGIN
    for example, row, height in zip(examples, rows, heights, strict=True):
        x = shift + _left(0, side) + side + GAP
        _draw_modification(canvas, example.modification, (x, y), side)
        for column, cell in enumerate(row):
            if cell is not None:
                cell.draw(canvas, (shift + _left(column, side), y))
        y += height + ROW_GAP
    return canvas


def check_examples(examples, name):
    """`examples` as a list, or raise if one is no `RankedExample`."""
    examples = list(examples)
    for example in examples:
        if not isinstance(example, RankedExample):
            raise TypeError(
                f"`{name}` must hold `RankedExample` objects. "
                f"Received: {type(example).__name__}."
            )
    return examples


def _cells(example, side):
    cells = [None]
    if example.reference is not None:
        cells = [_Cell(example.reference, side, "reference")]
    for place, hit in enumerate(example.hits, start=1):
        label = f"{place} · {hit.score:.3f}"
        if hit.correct:
            label = f"{TICK} {label}"
        style = (LIGHT.good, 4, True) if hit.correct else ()
        cells.append(_Cell(hit.pixels, side, label, hit.caption, *style))
    if example.shows_target:
        label = ", ".join(filter(None, ("wanted", example.place)))
        style = (LIGHT.good, 2, True)
        cells.append(_Cell(example.target, side, label, "", *style))
    return cells


def _left(column, side):
    """Left edge of a cell; the text stands between cells 0 and 1."""
    text = TEXT_WIDTH + GAP if column else 0
    return MARGIN + column * (side + GAP) + text


def _draw_modification(canvas, modification, corner, side):
    x, y = corner
    face = font(TEXT_SIZE)
    height = line_height(face)
    text = modification.strip() or "(no text)"
    lines = wrap(text, face, TEXT_WIDTH, max(1, side // height))
    corner = (x, y + (side - len(lines) * height) // 2)
    draw_lines(canvas, lines, corner, face, LIGHT.ink)
