"""A config names its benchmark, whichever it is."""

import pytest

from keras_cmr import experiment
from keras_cmr.config import Config
from tests.datasets.circo import tree as circo
from tests.datasets.fashioniq import tree as fashioniq


def test_generated_css_takes_its_sizes(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_CMR_CACHE", str(tmp_path))
    config = Config(scenes=2, modifications=1, image_size=32, view="3d")
    css = experiment.load_benchmark(config)
    assert len(css.train.queries) == 2
    assert css.train.images.pixels.shape[1:] == (32, 32, 3)
    # The ground of the rendered view is not white.
    assert css.train.images.pixels[0, 0, 0].max() < 255


def test_read_benchmarks_take_theirs(tmp_path):
    fashioniq.write(tmp_path)
    found = {
        rule: experiment.load_benchmark(
            Config(
                dataset="fashioniq",
                data_dir=str(tmp_path),
                image_size=8,
                captions=rule,
            )
        ).test
        for rule in ("joined", "separate")
    }
    assert len(found["separate"].queries) > len(found["joined"].queries)
    assert found["joined"].images.pixels.shape[1:] == (8, 8, 3)


def test_training_needs_a_training_split(tmp_path):
    circo.write(tmp_path / "data")
    config = Config(
        dataset="circo", data_dir=str(tmp_path / "data"), image_size=8
    )
    with pytest.raises(ValueError, match="must have a training split"):
        experiment.train(config, tmp_path / "run")
