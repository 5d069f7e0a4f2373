import numpy as np
import pytest

from keras_cmr.visualization import contact_sheet

RED, GREEN, BLUE, WHITE = (
    (200, 0, 0),
    (0, 200, 0),
    (0, 0, 200),
    (255, 255, 255),
)


def test_grid_without_captions(plain):
    images = [plain("red"), plain("green"), plain("blue")]
    sheet = contact_sheet(images, columns=2, side=32)
    # 16 margin, 32 cell, 14 gap, 32 cell, 16 margin; two rows.
    assert sheet.mode == "RGB"
    assert sheet.size == (110, 110)
    for corner, colour in [
        ((16, 16), RED),
        ((62, 16), GREEN),
        ((16, 62), BLUE),
        ((62, 62), WHITE),
    ]:
        assert sheet.getpixel(corner) == colour
        far = (corner[0] + 31, corner[1] + 31)
        assert sheet.getpixel(far) == colour
    # A thin frame lies around each picture, the ground outside it.
    assert sheet.getpixel((15, 30)) not in (RED, WHITE)
    assert sheet.getpixel((14, 30)) == WHITE
    assert sheet.getpixel((48, 30)) not in (RED, WHITE)
    assert sheet.getpixel((49, 30)) == WHITE


def test_small_pictures_keep_hard_edges():
    checks = np.zeros((2, 2, 3), np.uint8)
    checks[0, 0] = checks[1, 1] = RED
    sheet = contact_sheet([checks], side=64)
    inside = np.asarray(sheet)[16:80, 16:80]
    np.testing.assert_array_equal(inside[:32, :32], np.full((32, 32, 3), RED))
    np.testing.assert_array_equal(inside[:32, 32:], np.zeros((32, 32, 3)))
    np.testing.assert_array_equal(inside[32:, :32], np.zeros((32, 32, 3)))


def test_only_whole_factors_enlarge(plain):
    # 24 pixels fit 64 twice (48): 8 pixels are left on every side.
    sheet = contact_sheet([plain("blue", 24, 24)], side=64)
    assert sheet.getpixel((16 + 8, 16 + 8)) == BLUE
    assert sheet.getpixel((16 + 55, 16 + 55)) == BLUE
    assert sheet.getpixel((16 + 6, 40)) == WHITE
    assert sheet.getpixel((16 + 57, 40)) == WHITE


def test_large_pictures_are_reduced(plain):
    sheet = contact_sheet([plain("green", 100, 400)], side=40)
    assert sheet.size == (72, 72)
    assert sheet.getpixel((16, 36)) == GREEN  # 40 x 10 in the middle.
    assert sheet.getpixel((36, 31)) == GREEN
    assert sheet.getpixel((36, 29)) == WHITE


def test_captions_stand_under_their_picture(plain):
    images = [plain("white"), plain("white")]
    bare = contact_sheet(images, columns=2, side=40)
    sheet = contact_sheet(images, ["", "word"], columns=2, side=40)
    assert sheet.width == bare.width
    assert sheet.height > bare.height
    below = np.asarray(sheet)[16 + 40 + 2 :]
    assert (below[:, : 16 + 40 + 7] == 255).all()
    assert (below[:, 16 + 40 + 14 :] < 200).any()


def test_long_captions_stay_in_their_cell(plain):
    sheet = contact_sheet([plain("white")], ["W" * 500], side=40)
    picture = np.asarray(sheet)
    assert sheet.width == 72
    assert (picture[58:, :16] == 255).all()
    assert (picture[58:, 57:] == 255).all()


def test_default_columns(plain):
    def width(count):
        return contact_sheet([plain("red")] * count, side=10).width

    assert width(1) == 42
    assert width(4) == 42 + 24
    assert width(9) == 42 + 2 * 24
    assert width(200) == 42 + 7 * 24


def test_takes_one_array(plain):
    images = np.stack([plain("red"), plain("green")])
    sheet = contact_sheet(images, columns=2, side=8)
    assert sheet.getpixel((16 + 22, 16)) == GREEN


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([],), ValueError, "`images` must not be empty"),
        (([np.zeros((2, 2, 3))],), TypeError, r"`images\[0\]`.*float64"),
        (([np.zeros((2, 2), np.uint8)],), ValueError, r"`images\[0\]`"),
        (([np.zeros((2, 2, 3), np.uint8)], ["a", "b"]), ValueError, "2 cap"),
        (([np.zeros((2, 2, 3), np.uint8)], [3]), TypeError, r"captions\[0\]"),
        (([np.zeros((2, 2, 3), np.uint8)], None, 0), ValueError, "`columns`"),
        (([np.zeros((2, 2, 3), np.uint8)], None, 1, 0), ValueError, "`side`"),
    ],
)
def test_errors(arguments, error, message):
    with pytest.raises(error, match=message):
        contact_sheet(*arguments)


def test_pictures_that_are_not_square_keep_their_shape(plain):
    sheet = contact_sheet([plain("red", 8, 16)], side=32)
    assert sheet.size == (64, 64)
    inside = np.asarray(sheet)[16:48, 16:48]
    assert (inside[8:24] == RED).all()  # 32 x 16 in the middle.
    assert (inside[:7] == WHITE).all()
    assert (inside[25:] == WHITE).all()
