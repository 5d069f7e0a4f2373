import dataclasses
import itertools

import keras
import numpy as np
import pytest
from PIL import Image

from keras_cmr.datasets import Sampler
from keras_cmr.datasets import load


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


def test_queries_without_answers_are_no_batches(css):
    queries = dataclasses.replace(
        css.test.queries, targets=((),) * len(css.test.queries)
    )
    hidden = dataclasses.replace(css.test, queries=queries)
    with pytest.raises(ValueError, match="must hold the answer of every"):
        hidden.batches(2)


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """MIT-States of 24 training images: 4 adjectives, 2 nouns, 3 each."""
    folder = tmp_path_factory.mktemp("states")
    names = [
        f"{adjective} {noun}/{i}.png"
        for adjective in ("old", "new", "big", "wet")
        for noun in ("car", "cat", "castle")
        for i in range(3)
    ]
    for number, name in enumerate(names):
        path = folder / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((6, 6, 3), 7 * number, "uint8")).save(path)
    return load("mit_states", folder, image_size=6, verbose=0)


def rows_of(split, joined):
    """(reference, text, target) of every query of an epoch, by its pixels."""
    index = {p[0, 0, 0]: i for i, p in enumerate(split.images.pixels[:])}
    words = {i + 2: word for i, word in enumerate(split.vocabulary)}
    return [
        (
            index[r[0, 0, 0]],
            " ".join(words[i] for i in t if i),
            index[y[0, 0, 0]],
        )
        for r, t, y in zip(
            joined["reference"],
            joined["modification"],
            joined["target"],
            strict=True,
        )
    ]


def test_sampled_epochs_hold_every_image_once(states):
    split = states.train
    dataset = split.batches(5, drop_remainder=False)
    assert dataset.cardinality() == 5
    adjectives = split.images.attributes["adjective"]
    nouns = split.images.attributes["noun"]
    orders, drawn = set(), set()
    for _ in range(3):
        joined = epoch(dataset)
        rows = rows_of(split, joined)
        assert sorted(r for r, _, _ in rows) == list(range(24))
        for reference, text, target in rows:
            assert text == adjectives[target] != adjectives[reference]
            assert nouns[target] == nouns[reference]
        labels = split.images.labels[[r for r, _, _ in rows]]
        np.testing.assert_array_equal(joined["reference_id"], labels)
        labels = split.images.labels[[y for _, _, y in rows]]
        np.testing.assert_array_equal(joined["target_id"], labels)
        orders.add(tuple(r for r, _, _ in rows))
        drawn.add(tuple(sorted(rows)))
    assert len(orders) == len(drawn) == 3


def test_sampled_epoch_0_of_seed_0_is_the_table(states):
    split = states.train
    table = list(
        zip(
            split.queries.references.tolist(),
            split.queries.modifications.tolist(),
            [targets[0] for targets in split.queries.targets],
            strict=True,
        )
    )
    assert sorted(rows_of(split, epoch(split.batches(24)))) == sorted(table)
    fixed = split.batches(24, shuffle=False)
    for _ in range(2):
        assert rows_of(split, epoch(fixed)) == table


def test_seed_decides_the_sampled_epochs(states):
    def epochs(count, **kwargs):
        dataset = states.train.batches(6, **kwargs)
        return [rows_of(states.train, epoch(dataset)) for _ in range(count)]

    first, second, third = epochs(3, seed=5)
    assert epochs(2, seed=5) == [first, second]
    assert epochs(1, seed=5, initial_epoch=2) == [third]
    assert epochs(1, seed=6) != [first]


def test_sampled_epochs_have_one_token_length(states):
    split = dataclasses.replace(states.train, sampler=LongTexts())
    dataset = split.batches(2, tokenize=numbers)
    assert dataset.element_spec["modification"].shape == (2, 10)
    for _ in range(3):
        assert epoch(dataset)["modification"].shape == (2, 10)


class LongTexts(Sampler):
    """Draws a short text although a long one is possible."""

    texts = ("a", "long texts")

    def __len__(self):
        return 2

    def draw(self, random):
        images = np.array([0, 1], "int32")
        return images, np.array(["a", "a"]), images[::-1]


def test_a_tokenizer_that_outgrows_its_length_is_told(states):
    def tokenize(texts):
        return np.ones((len(texts), len(texts)), int)

    with pytest.raises(Exception, match="more token ids than the longest"):
        epoch(states.train.batches(24, tokenize=tokenize))


@pytest.mark.parametrize("drop_remainder", [True, False])
def test_augment_flips_each_image(states, drop_remainder):
    split = states.train
    pixels = np.arange(24 * 6 * 6 * 3, dtype="uint8").reshape(24, 6, 6, 3)
    images = dataclasses.replace(split.images, pixels=pixels)
    split = dataclasses.replace(split, images=images)
    how = {"seed": 3, "drop_remainder": drop_remainder}
    plain = split.batches(7, **how)
    flip = keras.layers.RandomFlip("horizontal", seed=1)
    flipped = split.batches(7, augment=flip, **how)
    assert flipped.element_spec == plain.element_spec
    assert flipped.cardinality() == plain.cardinality()
    one, other = epoch(plain), epoch(flipped)
    turned = {}
    for key in ("reference", "target"):
        same = (other[key] == one[key]).all(axis=(1, 2, 3))
        mirrored = (other[key] == one[key][:, :, ::-1]).all(axis=(1, 2, 3))
        assert (same ^ mirrored).all()
        assert 2 < mirrored.sum() < len(same) - 2
        turned[key] = mirrored
    assert (turned["reference"] != turned["target"]).any()
    for key in ("modification", "reference_id", "target_id"):
        np.testing.assert_array_equal(other[key], one[key])


def test_augment_may_be_any_function_and_is_rounded(css):
    def brighter(images):
        return keras.ops.cast(images, "float32") + 100.6

    plain, changed = (
        next(css.test.batches(8, augment=how).as_numpy_iterator())
        for how in (None, brighter)
    )
    for key in ("reference", "target"):
        wanted = np.minimum(plain[key].astype(int) + 101, 255)
        np.testing.assert_array_equal(changed[key], wanted)
        assert changed[key].dtype == np.uint8


def test_augment_errors(css):
    with pytest.raises(ValueError, match="Received: augment='flip'"):
        css.train.batches(8, augment="flip")
    with pytest.raises(ValueError, match="shape"):
        css.train.batches(8, augment=lambda images: images[:, :5])


def test_the_autotuner_is_off(states):
    options = states.train.batches(8).options()
    assert options.autotune.enabled is False
