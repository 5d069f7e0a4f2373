import collections

from keras_cmr.datasets.css.random_stream import RandomStream


def test_numbers_are_in_range_and_spread():
    stream = RandomStream([1])
    counts = collections.Counter(stream.below(5) for _ in range(10_000))
    assert set(counts) == {0, 1, 2, 3, 4}
    assert all(1800 < count < 2200 for count in counts.values())
    assert {stream.between(-2, 1) for _ in range(200)} == {-2, -1, 0, 1}


def test_sample_takes_each_item_once():
    stream = RandomStream([2])
    for _ in range(50):
        assert sorted(stream.sample("abcd", 4)) == list("abcd")
    firsts = {stream.sample("abcd", 1)[0] for _ in range(100)}
    assert firsts == set("abcd")


def test_seeds_decide_the_stream():
    def numbers(*seed):
        stream = RandomStream(seed)
        return [stream.below(1000) for _ in range(20)]

    assert numbers(1, 2) == numbers(1, 2)
    assert numbers(1, 2) != numbers(2, 1)
