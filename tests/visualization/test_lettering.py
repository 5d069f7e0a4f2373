from hypothesis import given
from hypothesis import settings
from hypothesis import strategies

from keras_cmr.visualization.lettering import font
from keras_cmr.visualization.lettering import wrap

FACE = font(12)


@settings(max_examples=60, deadline=None)
@given(strategies.text(max_size=60), strategies.integers(40, 200))
def test_every_letter_is_kept_and_every_line_fits(text, width):
    lines = wrap(text, FACE, width, max_lines=100)
    kept = text.encode("utf-8", "replace").decode("utf-8").split()
    assert "".join("".join(lines).split()) == "".join(kept)
    assert all(FACE.getlength(line) <= width for line in lines)


def test_breaks_between_words():
    width = FACE.getlength("make the circle")
    assert wrap("make the\n circle   small", FACE, width, 5) == [
        "make the circle",
        "small",
    ]


def test_breaks_long_words():
    width = FACE.getlength("mmmm")
    assert wrap("mmmmmmmmm", FACE, width, 5) == ["mmmm", "mmmm", "m"]


def test_shortens_what_does_not_fit():
    width = FACE.getlength("one two")
    lines = wrap("one two three four", FACE, width, 1)
    assert len(lines) == 1
    assert lines[0].startswith("one")
    assert lines[0].endswith("…")
    assert FACE.getlength(lines[0]) <= width


def test_blank_text_has_no_line():
    assert wrap(" \n ", FACE, 100, 3) == []
