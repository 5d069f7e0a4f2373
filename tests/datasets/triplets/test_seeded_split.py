import random

import pytest

from keras_cmr.datasets.triplets import read
from keras_cmr.datasets.triplets import validate
from keras_cmr.datasets.triplets.seeded_split import seeded_split
from keras_cmr.datasets.triplets.triplet import Triplet
from tests.datasets.triplets.tree import NAMES
from tests.datasets.triplets.tree import draw
from tests.datasets.triplets.tree import jsonl


def triplets(pairs):
    return [
        Triplet(f"line {i}", reference, "red", tuple(targets.split()))
        for i, (reference, targets) in enumerate(pairs)
    ]


def images(rows, splits, wanted):
    return {
        image
        for row, split in zip(rows, splits, strict=True)
        if split == wanted
        for image in (row.reference, *row.targets)
    }


def random_rows(seed, images=400, count=150):
    stream = random.Random(seed)
    names = [f"{i:03}" for i in range(images)]
    return triplets(
        (reference, " ".join(targets))
        for reference, *targets in (
            stream.sample(names, stream.choice([2, 2, 3])) for _ in range(count)
        )
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
def test_no_image_is_in_both(seed, share):
    rows = random_rows(seed)
    splits = seeded_split(rows, share, seed)
    both = images(rows, splits, "train") & images(rows, splits, "test")
    assert not both
    assert 1 <= splits.count("test") <= round(share * len(rows))


def test_small_groups_fill_the_share():
    rows = triplets((f"{i}a", f"{i}b") for i in range(100))
    assert seeded_split(rows, 0.2, 0).count("test") == 20
    assert seeded_split(rows, 0.001, 0).count("test") == 1


def test_the_seed_decides_and_the_order_of_rows_does_not():
    rows = triplets((f"{i}a", f"{i}b") for i in range(100))
    first = dict(zip(rows, seeded_split(rows, 0.2, 0), strict=True))
    mixed = rows[::-1]
    again = dict(zip(mixed, seeded_split(mixed, 0.2, 0), strict=True))
    assert first == again
    assert seeded_split(rows, 0.2, 1) != seeded_split(rows, 0.2, 0)


def test_groups_hang_together_through_any_image():
    # a-b, b-c by a reference, c-d by a second target; e-f stands alone.
    rows = triplets(
        [("a", "b"), ("b", "c"), ("d", "x c"), ("e", "f"), ("g", "h")]
    )
    for seed in range(20):
        splits = seeded_split(rows, 0.4, seed)
        assert splits[:3] == ["train"] * 3
        assert splits[3:] == ["test", "test"]


def test_known_places():
    """Held fast: the same folder must be the same benchmark for ever."""
    rows = triplets((f"{i}a", f"{i}b") for i in range(10))
    splits = seeded_split(rows, 0.2, 0)
    # printf 0:3a | sha256sum begins 0faab, that of 0:9a 2269d: the smallest.
    assert [i for i, split in enumerate(splits) if split == "test"] == [3, 9]


def test_all_hang_together(tmp_path):
    draw(tmp_path, NAMES)
    rows = [(NAMES[i], "red", NAMES[i + 1]) for i in range(9)]
    (tmp_path / "triplets.jsonl").write_text(jsonl(rows))
    with pytest.raises(ValueError, match=r"the test split must have .* share"):
        read(tmp_path)
    kinds = [fault.kind for fault in validate(tmp_path, verbose=0).faults]
    assert kinds == ["too few queries"]


def test_a_small_test_split_is_said(tmp_path):
    draw(tmp_path, [f"{i}.png" for i in range(14)])
    rows = [(f"{i}.png", "red", f"{i + 1}.png") for i in range(10)]
    rows.append(("12.png", "red", "13.png"))
    (tmp_path / "triplets.jsonl").write_text(jsonl(rows))
    with pytest.warns(UserWarning, match="1 of 11 queries are for testing"):
        own = read(tmp_path, test_share=0.3)
    assert len(own.test.queries) == 1
