import pytest

from keras_cmr.serving.rate_limiter import RateLimiter
from keras_cmr.serving.refused import Refused


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


def test_a_burst_then_an_even_rate():
    clock = Clock()
    limiter = RateLimiter(6, now=clock)  # one every ten seconds
    for _ in range(6):
        limiter.take("192.0.2.1")
    with pytest.raises(Refused, match="At most 6") as refused:
        limiter.take("192.0.2.1")
    assert (refused.value.status, refused.value.retry_after) == (429, 10.0)
    clock.seconds = 9.5
    with pytest.raises(Refused) as refused:
        limiter.take("192.0.2.1")
    assert refused.value.retry_after == pytest.approx(0.5)
    clock.seconds = 10.0
    limiter.take("192.0.2.1")
    with pytest.raises(Refused):
        limiter.take("192.0.2.1")


def test_no_more_is_saved_up_than_a_minutes_worth():
    clock = Clock()
    limiter = RateLimiter(3, now=clock)
    limiter.take("a")
    clock.seconds = 3600.0
    for _ in range(3):
        limiter.take("a")
    with pytest.raises(Refused):
        limiter.take("a")


def test_clients_do_not_share():
    limiter = RateLimiter(1, now=Clock())
    limiter.take("192.0.2.1")
    limiter.take("192.0.2.2")
    with pytest.raises(Refused):
        limiter.take("192.0.2.1")


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
    ],
)
def test_who_counts_as_one_client(one, other, same):
    limiter = RateLimiter(1, now=Clock())
    limiter.take(one)
    if same:
        with pytest.raises(Refused):
            limiter.take(other)
    else:
        limiter.take(other)


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr("keras_cmr.serving.rate_limiter._MAX_CLIENTS", 3)
    limiter = RateLimiter(1, now=Clock())
    for number in range(10):
        limiter.take(f"192.0.2.{number}")
    assert len(limiter._buckets) == 3
    with pytest.raises(Refused):  # the latest is still known
        limiter.take("192.0.2.9")


def test_zero_is_no_limit():
    limiter = RateLimiter(0, now=Clock())
    for _ in range(1000):
        limiter.take("a")
