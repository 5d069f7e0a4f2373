"""What `keras-cmr gap` writes, and the model before its first step."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_cmr.config import Config
from keras_cmr.datasets import css
from keras_cmr.evaluation import ModalityGap
from keras_cmr.gap import RunGap
from keras_cmr.gap import write_gaps
from keras_cmr.training.untrained import untrained_model


def gap(seed):
    draws = np.random.default_rng(seed)
    return ModalityGap(
        num_queries=9,
        counts={"text": 9, "query": 9},
        pairs={
            "text-query": {
                "centroid_distance": 0.5,
                "matched_cosine": 0.25,
                "unmatched_cosine": 0.0,
                "separability": 1.0,
            }
        },
        embeddings={
            kind: draws.normal(size=(9, 4)) for kind in ("text", "query")
        },
        model_fingerprint=str(seed),
        dataset_fingerprint="d",
    )


@pytest.fixture
def gaps():
    both = {"untrained": gap(0), "trained": gap(1)}
    # Two runs of one name in different folders keep a picture each.
    return [
        RunGap(Path("a/run"), Config(), both),
        RunGap(Path("b/run"), Config(), {"trained": gap(2)}),
    ]


def test_a_folder_of_figures_and_pictures(gaps, tmp_path):
    out = tmp_path / "new" / "gap"
    written = write_gaps(gaps, out, "typed")
    assert sorted(path.name for path in out.iterdir()) == sorted(
        path.name for path in written
    )
    names = {path.name for path in written}
    assert names == {
        "gap.json",
        "1_run.png",
        "1_run_dark.png",
        "2_run.png",
        "2_run_dark.png",
    }
    content = json.loads((out / "gap.json").read_text())
    assert content["command"] == "typed"
    first, second = content["runs"]
    assert first["untrained"]["model_fingerprint"] == "0"
    assert first["trained"]["pairs"] == gaps[0].gaps["trained"].pairs
    assert "untrained" not in second and second["config"]["seed"] == 0
    with (
        Image.open(out / "1_run.png") as two,
        Image.open(out / "2_run.png") as one,
    ):
        assert two.width == 2 * one.width


def test_a_file_alone(gaps, tmp_path):
    assert write_gaps(gaps, tmp_path / "a" / "b.json") == [
        tmp_path / "a" / "b.json"
    ]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.json"]


def test_a_run_with_terms_starts_from_the_weights_of_one_without():
    """Or differences paired by seed would be of different starts."""
    benchmark = css.generate(scenes=2, image_size=32, verbose=0)
    config = {
        "image_size": 32,
        "embedding_dim": 8,
        "text_units": 8,
        "fusion": "TIRG",
        "discriminator_units": 8,
    }
    both = ("TextImageMI", "FusionImageMI")
    models = [
        untrained_model(Config(**config, mutual_information=terms), benchmark)
        for terms in ((), both)
    ]
    towers = [model.query_encoder.get_weights() for model in models]
    assert len(towers[0]) > 20
    for a, b in zip(*towers, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_untrained_model_has_the_weights_of_its_seed():
    benchmark = css.generate(scenes=2, image_size=32, verbose=0)
    config = Config(image_size=32, embedding_dim=8, text_units=8)
    prints = [
        untrained_model(c, benchmark).fingerprint
        for c in (config, config, Config(**{**vars(config), "seed": 1}))
    ]
    assert prints[0] == prints[1] != prints[2]
