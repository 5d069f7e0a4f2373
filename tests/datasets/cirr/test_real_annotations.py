"""The counts and traps of the real files (../shared/data/README.md)."""

import json
import shutil

import pytest

from keras_cmr.datasets import load
from keras_cmr.datasets.cirr.annotations import parse
from tests.datasets.annotations import real_annotations
from tests.datasets.tree_files import write_image


@pytest.mark.parametrize(
    ("split", "queries", "images", "prefix"),
    [("val", 4181, 2297, "dev"), ("test1", 4148, 2315, "test1")],
)
def test_counts(split, queries, images, prefix):
    parsed = parse(real_annotations("cirr"), split)
    assert (len(parsed.queries), len(parsed.images)) == (queries, images)
    for image in parsed.images:
        assert image.path == f"./{prefix}/{image.id}.png"
    assert len({query.id for query in parsed.queries}) == queries
    for query in parsed.queries:
        assert query.id.isdecimal()
        assert len(query.subset) == 5 and query.reference not in query.subset
        if split == "val":
            (target,) = query.targets
            assert target in query.subset
        else:
            assert query.targets == ()
    blank = [q.id for q in parsed.queries if q.modification == "(blank)"]
    assert blank == ([] if split == "val" else ["27098"])


def test_soft_targets_are_not_what_is_counted():
    folder = real_annotations("cirr")
    records = json.loads((folder / "captions/cap.rc2.val.json").read_text())
    values = [v for r in records for v in r["target_soft"].values()]
    counts = {value: values.count(value) for value in set(values)}
    assert counts == {1.0: 4216, 0.5: 62, 0.2: 6, -1.0: 807}
    # Not even the target itself is always rated 1.0, or rated at all.
    own = [r["target_soft"].get(r["target_hard"]) for r in records]
    assert {value: own.count(value) for value in set(own)} == {
        1.0: 4139,
        0.5: 1,
        0.2: 1,
        -1.0: 3,
        None: 37,
    }


def test_whole_reader(tmp_path):
    real = real_annotations("cirr")
    for name in ("captions", "image_splits"):
        shutil.copytree(real / name, tmp_path / name)
    write_image(tmp_path / "one.png", 7)
    for split, folder in (("val", "dev"), ("test1", "test1")):
        (tmp_path / "img_raw" / folder).mkdir(parents=True)
        for image in parse(real, split).images:
            path = tmp_path / "img_raw" / image.path
            path.hardlink_to(tmp_path / "one.png")
    with pytest.warns(UserWarning, match="1 of 4,148 queries .* 'test1'"):
        cirr = load("cirr", tmp_path, image_size=8, verbose=0)
    # The list of 16,939 training images is there, their captions are not.
    assert cirr.train is None
    paths = json.loads(
        (real / "image_splits" / "split.rc2.train.json").read_text()
    )
    assert len(paths) == 16939
    assert (len(cirr.test.queries), len(cirr.test.images)) == (4181, 2297)
    assert (len(cirr.server.queries), len(cirr.server.images)) == (4148, 2315)
    assert cirr.test.missing == () and cirr.test.lost_queries == 0
    assert cirr.server.queries.ids[0] == "12063"
    names = cirr.test.images.ids
    first = cirr.test.queries
    assert names[first.references[0]] == "dev-244-0-img0"
    assert names[first.targets[0][0]] == "dev-1028-1-img1"
    assert [str(names[i]) for i in first.subsets[0]] == [
        "dev-430-3-img0",
        "dev-63-0-img1",
        "dev-1028-1-img1",
        "dev-1028-2-img1",
        "dev-1028-2-img0",
    ]
