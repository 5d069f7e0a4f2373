"""Kept and changed on scenes of four cells, worked out by hand."""

import types

import numpy as np
import pytest

from keras_cmr.datasets.css import generate
from keras_cmr.evaluation.diagnosis.judge import judge
from keras_cmr.evaluation.diagnosis.outcomes import outcome_groups
from keras_cmr.evaluation.diagnosis.outcomes import outcomes_of
from keras_cmr.evaluation.diagnosis.scenes import read_scenes

# An object is its size, colour and shape: "sRc", small red circle.
SIZES, COLORS, SHAPES = "sl", "RGB", "ct"


def scene(text):
    """`"sRc lGt - -"` as codes: four cells, `-` an empty one."""
    rows = []
    for cell in text.split():
        size, color, shape = cell if cell != "-" else "   "
        rows.append([SIZES.find(size), COLORS.find(color), SHAPES.find(shape)])
    return np.array(rows)


REFERENCE = "sRc lGt sBt -"
LARGE = "lRc lGt sBt -"  # make the first object large
GONE = "- lGt sBt -"
MORE = "sRc lGt sBt lRt"


@pytest.mark.parametrize(
    ("target", "hit", "kept", "changed", "objects", "attributes", "extra"),
    [
        # Two objects are untouched; of the first colour and shape are too.
        (LARGE, LARGE, 1, 1, 1.0, 1.0, 0),
        (LARGE, REFERENCE, 1, 0, 1.0, 1.0, 0),
        # The change is there, but the second object is green no more.
        (LARGE, "lRc lRt sBt -", 0, 1, 1 / 2, 7 / 8, 0),
        # Large, but of another colour: that attribute was to stay.
        (LARGE, "lGc lGt sBt -", 0, 1, 1.0, 7 / 8, 0),
        # Where nothing stands, nothing is large, and nothing is kept.
        (LARGE, "- lGt sBt -", 0, 0, 1.0, 6 / 8, 0),
        (LARGE, "lRc lGt sBt sRc", 0, 1, 1.0, 1.0, 1),
        (LARGE, "- - - lRc", 0, 0, 0.0, 0.0, 1),
        (GONE, GONE, 1, 1, 1.0, 1.0, 0),
        (GONE, REFERENCE, 1, 0, 1.0, 1.0, 0),
        # Another object in the cell is no removal.
        (GONE, "lBt lGt sBt -", 1, 0, 1.0, 1.0, 0),
        (GONE, "- lGt - -", 0, 1, 1 / 2, 3 / 6, 0),
        (MORE, MORE, 1, 1, 1.0, 1.0, 0),
        (MORE, REFERENCE, 1, 0, 1.0, 1.0, 0),
        # What is added must be right in all it is.
        (MORE, "sRc lGt sBt sRt", 1, 0, 1.0, 1.0, 0),
        (MORE, "sRc lGt - lRt", 0, 1, 2 / 3, 6 / 9, 0),
    ],
)
def test_by_hand(target, hit, kept, changed, objects, attributes, extra):
    verdict = judge(scene(REFERENCE), scene(target), scene(hit))
    assert (bool(verdict.kept), bool(verdict.changed)) == (kept, changed)
    assert verdict.objects == pytest.approx(objects)
    assert verdict.attributes == pytest.approx(attributes)
    assert verdict.extra == extra


def test_nothing_to_keep_is_no_share():
    verdict = judge(scene("sRc -"), scene("- lGt"), scene("- lGt"))
    assert np.isnan(verdict.objects) and np.isnan(verdict.attributes)
    assert verdict.kept and verdict.changed


@pytest.fixture(scope="module")
def css():
    return generate(scenes=8, image_size=32, verbose=0)


def test_kept_and_changed_is_the_scene_of_the_target(css):
    split = css.test
    scenes = read_scenes(split.images)
    count = len(split.images)
    hits = np.tile(np.arange(count), (len(split.queries), 1))
    both = outcomes_of(scenes, split, hits) == "kept and changed"
    wanted = split.queries.target_labels[:, None]
    np.testing.assert_array_equal(both, split.images.labels[hits] == wanted)


def test_the_reference_keeps_all_and_changes_nothing(css):
    split = css.test
    scenes = read_scenes(split.images)
    hits = np.asarray(split.queries.references)[:, None]
    assert set(outcomes_of(scenes, split, hits).flat) == {"kept only"}
    groups = outcome_groups(scenes, split, hits, split.queries.kinds, 50, 0)
    assert set(groups) == {"all", "by chance", *split.queries.kinds.tolist()}
    first = groups["all"]["first"]
    assert first["kept only"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert first["kept"]["value"] == 1 and first["changed"]["value"] == 0
    assert first["attributes kept"]["value"] == 1
    chance = groups["by chance"]["first"]
    assert chance["kept"]["value"] < 0.5


def split_of(reference, target, images, queries=1):
    """One query from image 0 to image 1 of the scenes."""
    metadata = [
        {
            "objects": [
                {
                    "cell": i,
                    "size": cell[0],
                    "color": cell[1],
                    "shape": cell[2],
                }
                for i, cell in enumerate(text.split())
                if cell != "-"
            ]
        }
        for text in (reference, target, *images)
    ]
    return types.SimpleNamespace(
        images=types.SimpleNamespace(
            metadata=metadata, ids=np.arange(len(metadata)).astype(str)
        ),
        queries=types.SimpleNamespace(
            references=np.zeros(queries, int), targets=((1,),) * queries
        ),
    )


def test_groups_count_first_hits_and_all_hits():
    # Of two queries the one finds the target and the reference, the other
    # an image with one object less, and no second one.
    split = split_of(REFERENCE, LARGE, ["lRc lGt - sRc"], queries=2)
    scenes = read_scenes(split.images)
    hits = np.array([[1, 0], [2, -1]])
    kinds = np.array(["a", "b"])
    groups = outcome_groups(scenes, split, hits, kinds, 50, 0)
    values = {
        name: groups["all"]["first"][name]["value"]
        for name in groups["all"]["first"]
    }
    assert values == pytest.approx(
        {
            "kept and changed": 0.5,
            "kept only": 0.0,
            "changed only": 0.5,
            "neither": 0.0,
            "kept": 0.5,
            "changed": 1.0,
            "objects kept": (1 + 1 / 2) / 2,
            "attributes kept": (1 + 5 / 8) / 2,
        }
    )
    assert groups["all"]["extra objects"] == 0.5
    assert groups["all"]["all"] == pytest.approx(
        {
            "kept and changed": 1 / 3,
            "kept only": 1 / 3,
            "changed only": 1 / 3,
            "neither": 0.0,
        }
    )
    assert groups["b"]["n"] == 1 and groups["b"]["all"]["changed only"] == 1
    assert outcomes_of(scenes, split, hits)[1, 1] == "neither"


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ((), "must list the objects of every image"),
        ([{"other": 1}], "must list the objects of every image"),
        (
            [{"objects": [{"cell": 0, "size": 1, "color": 1, "shape": 1}] * 2}],
            "at most one object in a cell. Received: two in the image x",
        ),
    ],
)
def test_scenes_that_can_not_be_read(metadata, message):
    images = types.SimpleNamespace(metadata=metadata, ids=["x"])
    with pytest.raises(ValueError, match=message):
        read_scenes(images)
