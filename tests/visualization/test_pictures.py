import numpy as np
import pytest
from PIL import ImageColor

from keras_cmr.visualization import RankedExample
from keras_cmr.visualization import RankedHit
from keras_cmr.visualization import ranked_pictures
from keras_cmr.visualization.theme import LIGHT

GOOD = ImageColor.getrgb(LIGHT.good)
SIDE = 32
TOP = 20
# 20 margin, 32 reference, 16 gap, 168 text, 16 gap, then a cell every 48.
HITS = [252 + 48 * place for place in range(4)]


def _green_frames(picture, top=TOP):
    """Width of the green frame above each cell of a row, in pixels."""
    widths = []
    for left in HITS:
        if left + SIDE > picture.width:
            break
        column = [
            picture.getpixel((left + SIDE // 2, top - 1 - i)) for i in range(6)
        ]
        widths.append(sum(colour == GOOD for colour in column))
    return widths


def _has_bold_green(picture, left):
    label = np.asarray(picture)[TOP + SIDE + 6 :, left : left + SIDE]
    return bool((label == GOOD).all(-1).any())


def test_right_hit_is_framed_and_ticked(plain):
    hits = [
        RankedHit(plain("red"), 0.9, False),
        RankedHit(plain("blue"), 0.8, True),
        RankedHit(plain("red"), 0.7, None),
    ]
    example = RankedExample(plain("white"), "x", hits, plain("blue"), 2)
    picture = ranked_pictures([example], side=SIDE)
    assert picture.width == HITS[2] + SIDE + 20
    assert _green_frames(picture) == [0, 4, 0]
    assert [_has_bold_green(picture, left) for left in HITS[:3]] == [
        False,
        True,
        False,
    ]
    assert picture.getpixel((HITS[0], TOP)) == (200, 0, 0)
    assert picture.getpixel((HITS[1], TOP)) == (0, 0, 200)
    assert picture.getpixel((HITS[1] + SIDE - 1, TOP)) == (0, 0, 200)


def test_missed_target_follows_the_hits(plain):
    hits = [RankedHit(plain("red"), 0.9, False)] * 2
    example = RankedExample(plain("white"), "x", hits, plain("green"), 41)
    picture = ranked_pictures([example], side=SIDE)
    assert picture.width == HITS[2] + SIDE + 20
    assert _green_frames(picture) == [0, 0, 2]
    assert picture.getpixel((HITS[2] + 5, TOP + 5)) == (0, 200, 0)


def test_every_right_hit_is_framed(plain):
    hits = [RankedHit(plain("red"), 0.5, True)] * 3
    picture = ranked_pictures(
        [RankedExample(plain("white"), "x", hits, rank=1)], side=SIDE
    )
    assert _green_frames(picture) == [4, 4, 4]


def test_rows_of_different_length_share_one_picture(plain):
    short = RankedExample(plain("red"), "x", [])
    long = RankedExample(
        plain("blue"), "", [RankedHit(plain("green"), 0.5, True)] * 2
    )
    alone = ranked_pictures([short], side=SIDE)
    both = ranked_pictures([short, long], side=SIDE)
    assert both.width == HITS[1] + SIDE + 20
    # The second row begins where the first row's height and gap end.
    top = TOP + (alone.height - 40) + 22
    assert both.getpixel((20, TOP)) == (200, 0, 0)
    assert both.getpixel((20, top)) == (0, 0, 200)
    assert _green_frames(both, top) == [4, 4]


@pytest.mark.parametrize(
    "text", ["", "<script>", "W" * 900, "👗 \udc80 中", "a\nb\x00"]
)
def test_odd_texts_stay_in_their_column(plain, text):
    hit = RankedHit(plain("white"), float("nan"), True, text)
    example = RankedExample(plain("white"), text, [hit])
    picture = np.asarray(ranked_pictures([example], side=SIDE))
    assert picture.shape[1] == HITS[0] + SIDE + 20
    gap = picture[: TOP + SIDE, 68 + 168 + 4 : HITS[0] - 5]
    assert (gap == 255).all()


def test_errors(plain):
    with pytest.raises(ValueError, match="`examples` must not be empty"):
        ranked_pictures([])
    with pytest.raises(TypeError, match=r"`examples`.*`RankedExample`.*int"):
        ranked_pictures([3])
    with pytest.raises(ValueError, match="`side`"):
        ranked_pictures([RankedExample(plain("red"), "", [])], side=0)
