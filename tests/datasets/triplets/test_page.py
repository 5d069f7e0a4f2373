"""The tables to copy from the page are good and say the same."""

import re
from pathlib import Path

import pytest

import keras_cmr
from keras_cmr.datasets.triplets import validate
from tests.datasets.triplets.tree import draw

PAGE = Path(keras_cmr.__file__).parent / "datasets/triplets/README.md"


@pytest.mark.parametrize("gallery", ["all", "unseen"])
def test_examples_of_both_formats(tmp_path, gallery):
    text = PAGE.read_text(encoding="utf-8")
    prints = set()
    for ending, language in (("jsonl", "json"), ("csv", "csv")):
        (block,) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
        root = tmp_path / ending
        named = re.findall(r"(?:shoes|bags)/[a-z0-9 ]+\.jpg", block)
        draw(root, sorted(set(named)))
        (root / f"triplets.{ending}").write_text(block)
        assert validate(root, verbose=0).faults == ()
        own = keras_cmr.datasets.load(
            "triplets", data_dir=root, gallery=gallery
        )
        assert (len(own.train.queries), len(own.test.queries)) == (2, 1)
        prints.add(own.fingerprint)
    assert len(prints) == 1
