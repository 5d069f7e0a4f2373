import collections
import itertools
import re

import numpy as np
import pytest

from keras_cmr.datasets.css import generate

ROWS = ["top", "middle", "bottom"]
COLUMNS = ["left", "center", "right"]
PLACES = [f"{row}-{column}" for row in ROWS for column in COLUMNS]
WARM = {"gray", "blue", "brown", "yellow"}
COLD = {"red", "green", "purple", "cyan"}
SIZES = {"small", "large"}
SHAPES = {"circle", "rectangle", "triangle"}

# sha256 of generate(scenes=4, image_size=32, seed=7) at generator version 1.
# It must be the same on every machine. If it changes on purpose, raise
# GENERATOR_VERSION, or users get an old benchmark from their cache.
GOLDEN = "9e7ec914254d75f6ec4717af274c995a63cf79f803f01e452ceecec677febd2d"


def scene_of(split, image):
    """The content of an image, by cell, from its metadata."""
    objects = split.images.metadata[image]["objects"]
    scene = {o["cell"]: (o["size"], o["color"], o["shape"]) for o in objects}
    assert len(scene) == len(objects)
    return scene


def picked(scene, words):
    """The cells of the objects that fit a description."""
    places = [PLACES.index(w) for w in words if w in PLACES]
    wanted = [w for w in words if w not in PLACES and w != "object"]
    assert places or wanted
    return [
        cell
        for cell, look in scene.items()
        if all(p == cell for p in places) and all(w in look for w in wanted)
    ]


def apply(scene, text):
    """The scene after a modification, read from its text alone."""
    words = text.split()
    after = dict(scene)
    if words[0] == "add":
        match = re.fullmatch(r"add (\w+) (\w+) (\w+) to (\S+)", text)
        cell = PLACES.index(match[4])
        assert cell not in scene
        after[cell] = match.group(1, 2, 3)
        return after
    if words[0] == "remove":
        (cell,) = picked(scene, words[1:])
        del after[cell]
        return after
    assert words[0] == "make"
    *description, value = (w for w in words[1:] if w != "a")
    (cell,) = picked(scene, description)
    index = [value in SIZES, value in WARM | COLD, value in SHAPES].index(True)
    assert after[cell][index] != value
    look = list(after[cell])
    look[index] = value
    after[cell] = tuple(look)
    return after


def allowed(split_name, look):
    _, color, shape = look
    halves = {"rectangle": WARM, "triangle": COLD}
    if split_name == "test":
        halves = {"rectangle": COLD, "triangle": WARM}
    return shape == "circle" or color in halves[shape]


@pytest.fixture(params=["train", "test"])
def split(css, request):
    return getattr(css, request.param)


def test_text_leads_from_reference_to_target_and_to_nothing_else(split):
    queries = split.queries
    for i, text in enumerate(queries.modifications.tolist()):
        after = apply(scene_of(split, queries.references[i]), text)
        for image in queries.targets[i]:
            assert scene_of(split, image) == after


def test_labels_and_captions_are_contents(split):
    images = split.images
    contents = [
        tuple(sorted(scene_of(split, i).items())) for i in range(len(images))
    ]
    as_label = collections.defaultdict(set)
    for label, content, caption in zip(
        images.labels.tolist(), contents, images.captions.tolist(), strict=True
    ):
        as_label[label].add((content, caption))
    assert all(len(values) == 1 for values in as_label.values())
    assert len(as_label) == len(set(contents)) == len(set(images.captions))
    cell, look = contents[0][0]
    words = " ".join([PLACES[cell], *look])
    assert images.captions[0].split(", ")[0] == words


def test_splits_hold_their_shape_colour_combinations(css, split):
    looks = {
        look
        for i in range(len(split.images))
        for look in scene_of(split, i).values()
    }
    assert all(allowed(split.name, look) for look in looks)
    assert len({look[1:] for look in looks}) == 16
    for i, images in enumerate(split.queries.targets):
        scene = scene_of(split, images[0])
        known = all(allowed("train", look) for look in scene.values())
        assert split.queries.seen[i] == known


def test_every_query_has_all_images_of_its_content(split):
    images, queries = split.images, split.queries
    assert len(queries) == 900
    assert queries.target_labels.dtype == images.labels.dtype == "int32"
    for label, targets in zip(
        queries.target_labels, queries.targets, strict=True
    ):
        assert set(targets) == set(np.flatnonzero(images.labels == label))
        assert len(targets) == len(set(targets)) >= 2


def test_base_scenes_differ_and_their_queries_lead_to_different_targets(split):
    references = split.queries.references.reshape(300, 3)
    labels = split.queries.target_labels.reshape(300, 3)
    assert (references == references[:, :1]).all()
    assert len(set(split.images.labels[references[:, 0]])) == 300
    assert all(len(set(row)) == 3 for row in labels.tolist())
    counts = [len(scene_of(split, i)) for i in references[:, 0]]
    assert set(counts) == {3, 4, 5, 6}


def test_only_the_changed_cell_differs_in_the_first_target(split):
    pixels = split.images.pixels
    bounds = [0, 21, 42, 64]
    for reference, images in zip(
        split.queries.references, split.queries.targets, strict=True
    ):
        before, after = (scene_of(split, i) for i in (reference, images[0]))
        cells = [c for c in range(9) if before.get(c) != after.get(c)]
        assert len(cells) == 1
        row, column = divmod(cells[0], 3)
        differs = (pixels[reference] != pixels[images[0]]).any(axis=-1)
        inside = differs[
            bounds[row] : bounds[row + 1], bounds[column] : bounds[column + 1]
        ]
        assert differs.any()
        assert differs.sum() == inside.sum()


def test_a_changed_object_keeps_its_centre(split):
    for reference, images in zip(
        split.queries.references, split.queries.targets, strict=True
    ):
        places = [
            {o["cell"]: o["pos"] for o in split.images.metadata[i]["objects"]}
            for i in (reference, images[0])
        ]
        for cell in places[0].keys() & places[1].keys():
            assert places[0][cell] == places[1][cell]


def test_further_drawings_have_other_places(split):
    pixels = split.images.pixels
    same = [
        (pixels[a] == pixels[b]).all()
        for images in split.queries.targets
        for a, b in itertools.pairwise(images)
    ]
    assert np.mean(same) < 0.01


@pytest.mark.parametrize("size", [32, 64, 80])
def test_objects_stay_in_their_cells(size):
    split = generate(
        scenes=20, image_size=size, objects=(8, 9), verbose=0
    ).train
    for pixels, item in zip(
        split.images.pixels, split.images.metadata, strict=True
    ):
        drawn = (pixels != 255).any(axis=-1)
        expected = {o["cell"] for o in item["objects"]}
        for o in item["objects"]:
            half = size // {"small": 16, "large": 8}[o["size"]]
            for value, i in zip(o["pos"], divmod(o["cell"], 3), strict=True):
                centre = round(value * size)
                assert centre - half >= size * i // 3
                assert centre + half <= size * (i + 1) // 3
        for cell in range(9):
            row, column = divmod(cell, 3)
            part = drawn[
                size * row // 3 : size * (row + 1) // 3,
                size * column // 3 : size * (column + 1) // 3,
            ]
            assert part.any() == (cell in expected)


def test_jitter_moves_unchanged_objects_by_at_most_so_many_pixels():
    still = generate(scenes=40, verbose=0).train
    moved = generate(scenes=40, jitter=2, verbose=0).train
    assert (still.queries.modifications == moved.queries.modifications).all()
    shifts = []
    for reference, images in zip(
        moved.queries.references, moved.queries.targets, strict=True
    ):
        before, after = (
            {
                (o["cell"], o["size"], o["color"], o["shape"]): o["pos"]
                for o in moved.images.metadata[i]["objects"]
            }
            for i in (reference, images[0])
        )
        for thing in before.keys() & after.keys():
            shifts.append(np.subtract(after[thing], before[thing]) * 64)
    assert np.abs(shifts).max() == 2
    assert set(np.unique(shifts)) == {-2, -1, 0, 1, 2}


def test_kinds_are_all_there_and_follow_the_text(split):
    kinds = collections.Counter(split.queries.kinds.tolist())
    plain = ["remove", "make size", "make colour", "make shape"]
    positioned = [f"{name} at position" for name in plain]
    assert set(kinds) == {"add", *plain, *positioned}
    assert min(kinds.values()) > 50
    for kind, text in zip(
        split.queries.kinds, split.queries.modifications, strict=True
    ):
        has_place = any(word in PLACES for word in text.split())
        assert has_place == (kind == "add" or kind.endswith("at position"))


def test_vocabulary_is_of_the_training_texts(css):
    words = {w for t in css.train.queries.modifications for w in t.split()}
    assert css.train.vocabulary == css.test.vocabulary == tuple(sorted(words))


def test_ids_and_protocols(css):
    assert css.train.images.ids[0] == "css_train_000000"
    assert css.test.images.ids[-1] == f"css_test_{len(css.test.images) - 1:06d}"
    assert css.protocols == ("tirg/caption-match",)
    assert css.name == "css"


def test_renders_and_modifications():
    one = generate(scenes=5, modifications=24, renders=1, verbose=0).test
    assert len(one.queries) == 120
    assert len(one.images) == 125
    three = generate(scenes=5, modifications=1, renders=3, verbose=0).test
    assert len(three.images) == 30


@pytest.mark.parametrize("objects", [(1, 1), (9, 9)])
def test_scenes_are_never_empty_nor_overfull(objects):
    split = generate(scenes=30, objects=objects, verbose=0).train
    counts = {len(item["objects"]) for item in split.images.metadata}
    assert counts <= {1, 2} if objects == (1, 1) else counts <= {8, 9}


def test_equal_contents_of_different_scenes_share_their_label():
    # With 288 contents of one object, many targets are base scenes.
    split = generate(scenes=100, objects=(1, 1), renders=1, verbose=0).train
    contents = {tuple(scene_of(split, i).items()) for i in range(400)}
    assert len(set(split.images.labels.tolist())) == len(contents) < 400
    assert max(map(len, split.queries.targets)) > 1
    first = [images[0] for images in split.queries.targets]
    assert first == list(range(100, 400))


def test_same_benchmark_on_every_machine():
    css = generate(scenes=4, image_size=32, seed=7, verbose=0)
    assert css.fingerprint == GOLDEN


def test_seeds_give_different_benchmarks(small_css):
    again = generate(scenes=8, image_size=32, seed=3, verbose=0)
    other = generate(scenes=8, image_size=32, seed=4, verbose=0)
    assert again.fingerprint == small_css.fingerprint
    assert other.fingerprint != small_css.fingerprint
    assert other.train.fingerprint != other.test.fingerprint


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scenes": 0}, "`scenes` must be .* at least 1. Received: scenes=0"),
        ({"scenes": 2.0}, "Received: scenes=2.0"),
        ({"scenes": 200, "objects": (1, 1)}, "at most 144, half"),
        ({"modifications": 0}, "`modifications` must be .* at least 1"),
        ({"modifications": 25}, "`modifications` must be at most 24"),
        ({"renders": 0}, "`renders`"),
        ({"image_size": 16}, "`image_size` must be .* at least 32"),
        ({"image_size": 72}, "`image_size` must be a multiple of 16"),
        ({"objects": (0, 3)}, r"`objects` .* Received: objects=\(0, 3\)"),
        ({"objects": (4, 3)}, "`objects`"),
        ({"objects": (3, 10)}, "`objects`"),
        ({"objects": 3}, "`objects`"),
        ({"jitter": -1}, "`jitter`"),
        ({"seed": -1}, "`seed`"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        generate(**{"scenes": 5, "verbose": 0} | arguments)
