import numpy as np
import pytest

from keras_cmr.visualization import RankedExample
from keras_cmr.visualization import RankedHit


def test_target_is_shown_only_if_no_hit_is_right(plain):
    red, green = plain("red"), plain("green")
    wrong, right = RankedHit(red, 0.5, False), RankedHit(green, 0.4, True)
    assert RankedExample(red, "x", [wrong], target=green).shows_target
    assert not RankedExample(red, "x", [wrong]).shows_target
    assert not RankedExample(red, "x", [wrong, right], green).shows_target


@pytest.mark.parametrize(
    ("rank", "words"),
    [
        (None, ""),
        (0, "not in the gallery"),
        (3, "rank 3"),
        (1234, "rank 1,234"),
    ],
)
def test_place_in_words(plain, rank, words):
    assert RankedExample(plain("red"), "x", [], rank=rank).place == words


@pytest.mark.parametrize(
    ("pixels", "error", "message"),
    [
        (np.zeros((4, 4, 3)), TypeError, "`pixels`.*uint8.*float64"),
        ([[0, 0, 0]], TypeError, "`pixels`.*Received: list"),
        (np.zeros((4, 4), np.uint8), ValueError, r"shape \(4, 4\)"),
        (np.zeros((4, 4, 4), np.uint8), ValueError, r"shape \(4, 4, 4\)"),
        (np.zeros((0, 4, 3), np.uint8), ValueError, r"shape \(0, 4, 3\)"),
    ],
)
def test_pixel_errors(pixels, error, message):
    with pytest.raises(error, match=message):
        RankedHit(pixels, 0.1)


def test_hit_errors(plain):
    with pytest.raises(TypeError, match=r"`score` must be a number.*str"):
        RankedHit(plain("red"), "0.5")
    with pytest.raises(TypeError, match=r"`correct`.*Received: 1"):
        RankedHit(plain("red"), 0.5, 1)
    with pytest.raises(TypeError, match="`caption` must be a string"):
        RankedHit(plain("red"), 0.5, True, None)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"modification": 3}, TypeError, "`modification` must be a string"),
        ({"hits": ["x"]}, TypeError, "`hits`.*`RankedHit`.*str"),
        ({"rank": -1}, ValueError, "`rank`.*-1"),
        ({"rank": 1.5}, ValueError, "`rank`.*1.5"),
        ({"target": np.zeros(3, np.uint8)}, ValueError, "`target`"),
        ({"reference": 3}, TypeError, "`reference`.*int"),
    ],
)
def test_example_errors(plain, change, error, message):
    arguments = {"reference": plain("red"), "modification": "x", "hits": []}
    with pytest.raises(error, match=message):
        RankedExample(**(arguments | change))
