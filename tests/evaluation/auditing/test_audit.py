import json
import pathlib

import numpy as np
import pytest

from keras_cmr.datasets import ImageFiles
from keras_cmr.evaluation import audit
from keras_cmr.evaluation.auditing.copies import contents
from keras_cmr.evaluation.auditing.copies import copy_groups


def level(found, name):
    (finding,) = (f for f in found.findings if f.name == name)
    return finding.level


def test_nothing_to_find(make_benchmark):
    found = audit(make_benchmark(), verbose=0)
    assert found.leaks == ()
    assert {f.level for f in found.findings} == {"ok"}
    assert str(found).endswith("No leak found.")
    assert [f.name for f in found.findings] == [
        "copies across splits",
        "copies within a split",
        "caption in the query text",
        "test-only words",
        "look-alikes across splits",
        "look-alikes in all",
        "several right images",
        "copies of the right image",
        "reference is right",
        "missing images, train",
        "missing images, test",
    ]


def test_all_three_leaks(make_benchmark, make_split, make_pictures):
    test = make_split(
        "test",
        make_pictures([10, 2, 12]),
        [(0, "picture number 1 blue", (1,))],
        vocabulary=("blue", "it", "make", "red"),
    )
    found = audit(make_benchmark(test=test), verbose=0)
    names = [finding.name for finding in found.leaks]
    assert names == [
        "copies across splits",
        "caption in the query text",
        "test-only words",
    ]
    # Leaks come first.
    assert [f.name for f in found.findings[:3]] == names
    text = str(found)
    assert text.endswith("Leaks: " + ", ".join(names))
    assert max(map(len, text.splitlines())) <= 80
    assert "LEAK  copies across splits" in text
    assert "- test:test1.png = train:train2.png" in text


def test_json(make_benchmark, make_split, make_pictures, tmp_path):
    benchmark = make_benchmark(train=make_split("train", make_pictures([0, 0])))
    found = audit(benchmark, verbose=0)
    found.save(tmp_path / "new" / "audit.json")
    content = json.loads((tmp_path / "new" / "audit.json").read_text())
    assert content == found.to_dict()
    assert content["copies"] == [["train:train0.png", "train:train1.png"]]
    assert content["look_alikes"] == []
    assert content["fingerprint"] == benchmark.fingerprint
    figures = content["unimodal"]["random order"]["triplets/target-id"]
    assert list(figures) == ["R@1", "R@5", "R@10", "R@50", "R@100"]


def first_figures(found):
    return {
        name: reports["triplets/target-id"].figures["R@1"]["value"]
        for name, reports in found.unimodal.items()
    }


def test_image_only_shows_the_shortcut(
    make_benchmark, make_split, make_pictures
):
    # Each target looks like its reference, a little brighter.
    first = make_pictures(range(20, 60)) // 2
    pixels = np.concatenate([first, first + 9])
    queries = [(i, "make it red", (i + 40,)) for i in range(40)]
    found = audit(
        make_benchmark(test=make_split("test", pixels, queries)), verbose=0
    )
    rows = first_figures(found)
    assert list(rows) == ["random order", "image only, 16 x 16 pixels"]
    assert rows["image only, 16 x 16 pixels"] == 1.0
    assert rows["random order"] < 0.2


def test_a_picture_like_the_mean_has_a_direction(make_benchmark, make_split):
    gray = np.full((3, 24, 24, 3), [[[[10]]], [[[20]]], [[[30]]]], "uint8")
    found = audit(make_benchmark(test=make_split("test", gray)), verbose=0)
    assert len(first_figures(found)) == 2


def test_references_may_look_unlike_their_images(
    make_benchmark, make_split, make_pictures, look_up_model
):
    # Each reference is drawn as its target is: the drawing finds it, the
    # image itself does not.
    pixels = make_pictures(range(20, 60))
    pixels[:, 0, 0, 0] = np.arange(40)
    queries = [(i, "0", ((i + 1) % 40,)) for i in range(40)]
    split = make_split("test", pixels, queries)
    benchmark = make_benchmark(test=split)
    model = look_up_model(np.eye(256, 256) + 0.01, np.zeros((1, 256)))
    before = first_figures(audit(benchmark, model=model, verbose=0))
    drawn = np.roll(pixels, -1, axis=0)
    object.__setattr__(split.images, "reference_pixels", drawn)
    after = first_figures(audit(benchmark, model=model, verbose=0))
    for row in ("image only, 16 x 16 pixels", "image only, by the model"):
        assert before[row] < 0.2
        assert after[row] == 1.0


def test_rows_of_a_model(make_benchmark, make_split, look_up_model):
    pixels = np.zeros((4, 8, 8, 3), "uint8")
    pixels += np.arange(4, dtype="uint8")[:, None, None, None]
    # Image vectors by pixel; the gray image has none of its own. Text "0"
    # turns image 0 into image 1: neither half finds it alone.
    images = np.eye(256, 8) + 0.01
    images[1] = [1, 1, 0, 0, 0, 0, 0, 0]
    images[2] = [1, 0.2, 0, 0, 0, 0, 0, 0]
    images[3] = [0.1, 1, 0, 0, 0, 0, 0, 0]
    images[128] = 0
    texts = np.array([[0, 1, 0, 0, 0, 0, 0, 0]], dtype=float)
    model = look_up_model(images, texts)
    split = make_split("test", pixels, [(0, "0", (1,))])
    found = audit(make_benchmark(test=split), model=model, verbose=0)
    rows = first_figures(found)
    assert list(rows)[2:] == [
        "image only, by the model",
        "text only, gray image",
        "image and text",
    ]
    assert list(rows.values())[2:] == [0.0, 0.0, 1.0]
    assert "image and text" in str(found)


PRODUCTS = (
    pathlib.Path(__file__).parents[4] / "shared" / "data" / "fashion_products"
)


@pytest.mark.skipif(
    not PRODUCTS.is_dir(), reason="needs the photos of ../shared/data"
)
def test_byte_identical_product_photos(make_split):
    """As many groups as `sha256sum women/*/*/* | cut -c-64 | uniq -c` has."""
    paths = {"train": [], "test": []}
    for label in sorted(PRODUCTS.glob("labels/*_detect_all.txt")):
        split = label.name.split("_")[-3]
        lines = label.read_text(encoding="utf-8").splitlines()
        paths[split] += [PRODUCTS / line.split("\t")[0] for line in lines]
    assert (len(paths["train"]), len(paths["test"])) == (6147, 1841)
    splits = {
        name: make_split(name, ImageFiles(own, 32))
        for name, own in paths.items()
    }
    groups = copy_groups(contents(splits))
    assert len(groups) == 108
    assert sum(len(group.images) for group in groups) == 217
