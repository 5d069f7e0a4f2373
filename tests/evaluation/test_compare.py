import json

import numpy as np
import pytest

from keras_cmr.evaluation import compare
from keras_cmr.evaluation import compare_seeds


def ranks(size, share, seed):
    rng = np.random.default_rng(seed)
    return np.where(rng.random(size) < share, 1, 150)


def test_hand_computed(make_report):
    a = make_report([1, 1, 2, 9, 0])
    b = make_report([1, 3, 1, 1, 60])
    result = compare(a, b, resamples=100)
    assert (result.wins, result.losses, result.ties) == (2, 1, 2)
    first = result.figures["R@1"]
    assert (first["a"], first["b"]) == (0.4, 0.6)
    assert first["difference"] == pytest.approx(0.2)
    assert result.figures["R@50"]["difference"] == pytest.approx(0.0)
    assert result.figures["R@100"]["difference"] == pytest.approx(0.2)
    assert (result.num_queries, result.num_seeds) == (5, 1)


def test_interval_is_that_of_paired_differences(make_report):
    # 300 wins, 200 losses and 1,500 ties: variance of one difference is
    # 500/2000 - 0.05**2.
    a = np.r_[np.full(300, 9), np.full(200, 1), np.full(1500, 1)]
    b = np.r_[np.full(300, 1), np.full(200, 9), np.full(1500, 1)]
    result = compare(make_report(a), make_report(b), resamples=4000)
    figure = result.figures["R@1"]
    half = 1.959964 * np.sqrt((0.25 - 0.05**2) / 2000)
    assert figure["difference"] == pytest.approx(0.05)
    assert figure["low"] == pytest.approx(0.05 - half, abs=0.12 * half)
    assert figure["high"] == pytest.approx(0.05 + half, abs=0.12 * half)
    assert figure["positive"] == 1.0


def test_exchanging_the_sides_changes_the_signs(make_report):
    a, b = make_report(ranks(300, 0.5, 0)), make_report(ranks(300, 0.6, 1))
    forth, back = compare(a, b), compare(b, a)
    assert forth.figures["R@1"]["difference"] == pytest.approx(
        -back.figures["R@1"]["difference"]
    )
    assert (forth.wins, forth.losses) == (back.losses, back.wins)
    # Other random draws, so equal up to their scatter.
    assert forth.figures["R@1"]["low"] == pytest.approx(
        -back.figures["R@1"]["high"], abs=5e-3
    )


def test_a_report_equals_itself(make_report):
    a = make_report(ranks(50, 0.5, 0))
    result = compare(a, a, resamples=100)
    assert (result.wins, result.losses, result.ties) == (0, 0, 50)
    for figure in result.figures.values():
        assert figure["difference"] == figure["low"] == figure["high"] == 0
        assert figure["positive"] == 0


def test_same_seed_same_result(make_report):
    a, b = make_report(ranks(99, 0.5, 0)), make_report(ranks(99, 0.6, 1))
    assert compare(a, b) == compare(a, b)
    assert compare(a, b) != compare(a, b, seed=1)


def test_seeds_that_agree_give_the_interval_of_one(make_report):
    a, b = make_report(ranks(400, 0.5, 0)), make_report(ranks(400, 0.6, 1))
    one, three = compare(a, b), compare_seeds([a] * 3, [b] * 3)
    for name, figure in one.figures.items():
        assert three.figures[name] == pytest.approx(figure)
    assert three.wins == 3 * one.wins and three.num_seeds == 3


def test_seeds_that_disagree_widen_the_interval(make_report):
    # Without seeds the interval is narrow: every query behaves alike. Seed 0
    # loses by 0.2, seed 1 wins by 0.4 in a way that depends on no query draw.
    zero, one = make_report([9] * 1000), make_report([1] * 1000)
    result = compare_seeds([one, zero], [zero, one], resamples=2000)
    figure = result.figures["R@1"]
    # Draws of two pairs: -1 (1/4), 0 (1/2), +1 (1/4).
    assert (figure["low"], figure["high"]) == (-1.0, 1.0)
    assert figure["difference"] == 0.0
    assert figure["positive"] == pytest.approx(0.25, abs=0.04)


def test_resamples_are_those_of_a_double_loop(make_report):
    a = [make_report(ranks(60, 0.4, s)) for s in (0, 1)]
    b = [make_report(ranks(60, 0.6, s)) for s in (2, 3)]
    figure = compare_seeds(a, b, resamples=8000).figures["R@1"]
    delta = [
        (y.ranks == 1).astype(float) - (x.ranks == 1)
        for x, y in zip(a, b, strict=True)
    ]
    rng = np.random.default_rng(7)
    drawn = []
    for _ in range(8000):
        queries = rng.integers(0, 60, 60)
        pairs = rng.integers(0, 2, 2)
        drawn.append(np.mean([delta[p][queries].mean() for p in pairs]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    width = high - low
    assert figure["low"] == pytest.approx(low, abs=0.05 * width)
    assert figure["high"] == pytest.approx(high, abs=0.05 * width)
    assert figure["positive"] == pytest.approx(
        np.mean(np.array(drawn) > 1e-9), abs=0.02
    )


def test_text_and_dict(make_report):
    result = compare(make_report([1, 9]), make_report([1, 1]), resamples=100)
    assert json.loads(json.dumps(result.to_dict())) == result.to_dict()
    lines = str(result).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("tirg/caption-match: b - a, 2 queries, 1 seed")
    assert lines[2].split()[:4] == ["R@1", "50.00", "100.00", "+50.00"]
    assert lines[7] == "R@1: b wins 1, loses 0, ties 1"
    assert lines[9].split()[:4] == ["R@1", "by", "slice", "n"]
    assert lines[10].split()[:5] == [
        "kind=add",
        "2",
        "50.00",
        "100.00",
        "+50.00",
    ]


def test_slices_are_comparisons_of_their_queries(make_report):
    kinds = ["add"] * 40 + ["remove"] * 60
    a = make_report(ranks(100, 0.4, 0), kinds)
    b = make_report(ranks(100, 0.6, 1), kinds)
    slices = compare(a, b, resamples=500).slices
    assert {name: part["n"] for name, part in slices.items()} == {
        "kind=add": 40,
        "kind=remove": 60,
    }
    alone = compare(
        make_report(a.ranks[:40]), make_report(b.ranks[:40]), resamples=500
    )
    assert slices["kind=add"]["figures"] == alone.figures


def test_slices_that_one_report_lacks_are_left_out(make_report):
    a = make_report([1, 2, 3], ["x", "y", "y"])
    b = make_report([1, 2, 3], ["x", "y", "x"])
    assert compare(a, b, resamples=10).slices == {}
    c = make_report([1, 2, 3], groups={})
    assert compare(a, c, resamples=10).slices == {}
    assert "slice" not in str(compare(a, c, resamples=10))


def test_several_ranks_a_query(make_report):
    a = make_report([[1, 3], [2, 0]], protocol="circo/kept")
    b = make_report([[1, 2], [4, 0]], protocol="circo/kept")
    result = compare(a, b, resamples=100)
    first = result.figures["mAP@5"]
    # (5/6 + 1/2) / 2 against (1 + 1/4) / 2
    assert first["a"] == pytest.approx(2 / 3)
    assert first["b"] == pytest.approx(5 / 8)
    assert (result.wins, result.losses, result.ties) == (1, 1, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dataset_fingerprint": "x"}, "same `dataset_.*'data-hash' and 'x'"),
        ({"protocol": "cirr/val"}, "same `protocol`. .*'cirr/val'"),
        ({"protocol_version": 2}, "same `protocol_version`. .* 1 and 2"),
        ({"ranks": [1] * 4}, "same `num_queries`. .* 3 and 4"),
    ],
)
def test_reports_that_do_not_fit(make_report, change, message):
    a, b = make_report([1, 2, 3]), make_report(**{"ranks": [1, 2, 3], **change})
    for call in (compare, lambda x, y: compare_seeds([x, x], [x, y])):
        with pytest.raises(ValueError, match=message):
            call(a, b)


def test_numbers_of_seeds(make_report):
    a = make_report([1, 2, 3])
    with pytest.raises(ValueError, match=r"equally many .* Received: 2 and 1"):
        compare_seeds([a, a], [a])
    with pytest.raises(ValueError, match=r"at least one\. Received: 0 and 0"):
        compare_seeds([], [])
    with pytest.raises(ValueError, match="`resamples`"):
        compare(a, a, resamples=0)
