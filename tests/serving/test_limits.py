import pytest

from keras_cmr.serving import Limits


@pytest.mark.parametrize(
    "bad, error, message",
    [
        ({"k": 0}, ValueError, "`k` must be at least 1. Received: k=0"),
        ({"k": 2.0}, TypeError, "`k` must be a number. Received: 2.0"),
        ({"threads": True}, TypeError, "`threads`"),
        ({"seconds": 0.5}, ValueError, "`seconds` must be at least 1"),
        ({"seconds": float("nan")}, ValueError, "`seconds`"),
        ({"waiting": -1}, ValueError, "`waiting` must be at least 0"),
        ({"pixels": 10**9}, ValueError, "`pixels` must be at most 89478485"),
    ],
)
def test_errors(bad, error, message):
    with pytest.raises(error, match=message):
        Limits(**bad)


def test_zeros():
    limits = Limits(
        searches_per_minute=0, images_per_minute=0, waiting=0, image_side=0
    )
    assert limits.waiting == 0
