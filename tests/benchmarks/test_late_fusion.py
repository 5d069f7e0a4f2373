"""The benchmark of late fusion, with pictures and names of colours."""

import json

import keras
import numpy as np
import pytest
from keras import layers

from benchmarks import late_fusion
from keras_cmr.evaluation import Report
from keras_cmr.evaluation import verify
from keras_cmr.models import ClassNameSpace
from tests.datasets.fashion200k import layout

COLOURS = ["red", "green", "blue"]


class Words:
    """Texts as the colours in them."""

    def __call__(self, texts):
        rows = [[colour in text for colour in COLOURS] for text in texts]
        rows = np.array(rows, "float32") + 0.01
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def identity(self):
        return b"words"


def space(*package, **kwargs):
    images = keras.Input((8, 8, 3))
    pooled = layers.GlobalAveragePooling2D()(layers.Rescaling(1 / 255)(images))
    outputs = {"features": pooled, "probabilities": layers.Softmax()(pooled)}
    classifier = keras.Model(images, outputs, name="colours")
    return ClassNameSpace(classifier, Words(), COLOURS, num_classes=3)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    root = tmp_path_factory.mktemp("late_fusion")
    files, images = {}, []
    for split in ("train", "test"):
        rows = {
            f"women/{noun}/{split}{colour}/0.jpeg": f"{colour} {noun}"
            for colour in ("red", "blue")
            for noun in ("dress", "shoe")
        }
        files[f"labels/a_{split}_detect_all.txt"] = layout.lines(rows)
        images += rows
    files["test_queries.txt"] = "".join(
        f"women/{noun}/testred/0.jpeg women/{noun}/testblue/0.jpeg\n"
        for noun in ("dress", "shoe")
    )
    layout.write(root / "data", files, images)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_CMR_CACHE", str(root / "cache"))
        patch.setattr(late_fusion, "SIZE", 8)
        patch.setattr(late_fusion, "EVERY", 1)
        patch.setattr(late_fusion, "GRID", dict(GRID))
        patch.setattr(late_fusion, "common", lambda types: ["dress", "shoe"])
        patch.setattr(ClassNameSpace, "from_package", space)
        out = root / "results" / "late_fusion"
        for what in ("choose", "rows"):
            data = str(root / "data")
            late_fusion.main([what, data, "--out", str(out)])
    return out


GRID = {
    "centre": (True, False),
    "num_classes": (1,),
    "image_share": (0.5,),
    "text_weight": (0.3, 0.7),
}


def test_every_setting_is_tried(results):
    choice = json.loads((results / "choice.json").read_text())
    assert (choice["images"], choice["queries"]) == (4, 4)
    assert len(choice["tried"]) == 4
    assert {row["text_weight"] for row in choice["tried"]} == {0.3, 0.7}
    assert all(0 <= row["R@10"] <= 1 for row in choice["tried"])


def test_each_row_is_a_report_that_verifies(results):
    for name in late_fusion.TEXTS:
        for row in late_fusion.ROWS:
            path = results / f"{name}_{row}.json"
            assert verify(path) == []
            report = Report.load(path)
            assert report.num_queries == 2 and report.num_candidates == 4
            assert report.context["text_weight"] == 0.5


def test_the_table_has_a_line_a_report(results):
    lines = (results / "table.md").read_text().splitlines()
    assert len(lines) == 2 + 6
    assert lines[2].startswith("| the reference alone, texts by all-minilm")
    assert all(line.count("|") == 7 for line in lines)
