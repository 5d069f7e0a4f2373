import itertools

import numpy as np
import pytest


def epoch(dataset):
    """The batches of one epoch, joined."""
    batches = list(dataset.as_numpy_iterator())
    return {k: np.concatenate([b[k] for b in batches]) for k in batches[0]}


def queries_of(split, joined):
    """The index of every query of an epoch, found by its content."""
    own = list(
        zip(
            split.images.labels[split.queries.references].tolist(),
            map(tuple, numbers(split.queries.modifications.tolist())),
            strict=True,
        )
    )
    # Only numbers that differ are asked of a tokenizer here.
    index = {key: i for i, key in enumerate(own)}
    assert len(index) == len(own)
    return [
        index[label, tuple(row)]
        for label, row in zip(
            joined["reference_id"].tolist(),
            joined["modification"].tolist(),
            strict=True,
        )
    ]


def numbers(texts):
    """Another tokenizer than the package's: the letters, padded."""
    rows = [list(text.encode()) for text in texts]
    width = max(map(len, rows))
    return np.array([row + [0] * (width - len(row)) for row in rows])


@pytest.mark.parametrize("group_size", [1, 2, 3, 5])
def test_every_query_once_an_epoch_and_everything_fits(css, group_size):
    split = css.test
    dataset = split.batches(
        64, tokenize=numbers, group_size=group_size, drop_remainder=False
    )
    assert dataset.cardinality() == 15
    seen = set()
    for _ in range(2):
        joined = epoch(dataset)
        order = queries_of(split, joined)
        assert sorted(order) == list(range(900))
        seen.add(tuple(order))
        np.testing.assert_array_equal(
            joined["target_id"], split.queries.target_labels[order]
        )
        np.testing.assert_array_equal(
            joined["reference"],
            split.images.pixels[split.queries.references[order]],
        )
        for query, picture in zip(order, joined["target"], strict=True):
            images = list(split.queries.targets[query])
            choices = split.images.pixels[images]
            assert (choices == picture).all(axis=(1, 2, 3)).any()
    assert len(seen) == 2


def test_target_images_are_drawn_among_all_drawings(css):
    split = css.train
    firsts = {
        split.images.pixels[images[0]].tobytes()
        for images in split.queries.targets
    }
    joined = epoch(split.batches(100, tokenize=numbers))
    share = np.mean([x.tobytes() in firsts for x in joined["target"]])
    assert 0.4 < share < 0.6


def test_groups_stand_together(css):
    dataset = css.train.batches(30, tokenize=numbers, group_size=3)
    for batch in dataset.as_numpy_iterator():
        groups = batch["reference_id"].reshape(10, 3)
        assert (groups == groups[:, :1]).all()
        assert len(set(groups[:, 0].tolist())) == 10
    # 300 references of three modifications: a pair and a single one each.
    joined = epoch(css.train.batches(900, tokenize=numbers, group_size=2))
    runs = [len(list(g)) for _, g in itertools.groupby(joined["reference_id"])]
    assert runs.count(2) > 290


def test_seed_decides_the_sequence_of_epochs(css):
    def targets(seed, epochs, initial_epoch=0):
        dataset = css.train.batches(
            90, tokenize=numbers, seed=seed, initial_epoch=initial_epoch
        )
        return [epoch(dataset)["target"] for _ in range(epochs)]

    first, second, third = targets(5, 3)
    np.testing.assert_array_equal(targets(5, 2), [first, second])
    np.testing.assert_array_equal(targets(5, 1, initial_epoch=2), [third])
    assert (first != second).any()
    assert (targets(6, 1)[0] != first).any()


def test_without_shuffle_every_epoch_is_the_table(css):
    split = css.test
    dataset = split.batches(
        64, tokenize=numbers, shuffle=False, drop_remainder=False
    )
    for _ in range(2):
        joined = epoch(dataset)
        assert queries_of(split, joined) == list(range(900))
        np.testing.assert_array_equal(
            joined["target"],
            split.images.pixels[[t[0] for t in split.queries.targets]],
        )


def test_drop_remainder(css):
    dataset = css.train.batches(64, tokenize=numbers)
    assert len(dataset) == 14
    sizes = {len(b["target"]) for b in dataset.as_numpy_iterator()}
    assert sizes == {64}
    assert dataset.element_spec["reference"].shape == (64, 64, 64, 3)
    assert len(css.train.batches(900, tokenize=numbers)) == 1


def test_default_tokens_are_those_of_the_vocabulary(css):
    batch = next(css.test.batches(8, shuffle=False).as_numpy_iterator())
    tokens = batch["modification"]
    assert tokens.dtype == "int32"
    for row, text in zip(tokens, css.test.queries.modifications, strict=False):
        words = [css.train.vocabulary[i - 2] for i in row if i]
        assert " ".join(words) == text


def test_types(css):
    batch = next(css.train.batches(4).as_numpy_iterator())
    types = {key: str(value.dtype) for key, value in batch.items()}
    assert types == {
        "reference": "uint8",
        "modification": "int32",
        "target": "uint8",
        "reference_id": "int32",
        "target_id": "int32",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "`batch_size` must be .* Received: batch_size=0"),
        ({"batch_size": 2.0}, "Received: batch_size=2.0"),
        ({"batch_size": 901}, "batch_size=901, .* 'train' has 900 queries"),
        ({"group_size": 0}, "`group_size` must be .* at least 1"),
        ({"seed": -1}, "`seed` must be .* at least 0"),
        ({"initial_epoch": -1}, "`initial_epoch`"),
        ({"tokenize": lambda texts: np.zeros(3, int)}, r"shape \(900, length"),
        ({"tokenize": lambda texts: np.zeros((3, 2), int)}, r"\(3, 2\)"),
        ({"tokenize": lambda texts: np.zeros((900, 2))}, "float64"),
    ],
)
def test_errors(css, arguments, message):
    with pytest.raises(ValueError, match=message):
        css.train.batches(**{"batch_size": 8} | arguments)
