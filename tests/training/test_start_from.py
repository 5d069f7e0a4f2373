"""A run that begins where another ended."""

import dataclasses

import numpy as np
import pytest

from keras_cmr import experiment
from keras_cmr import models
from keras_cmr.training.build_model import build_model
from keras_cmr.training.start_from import start_from
from tests.training.small_run import CONFIG
from tests.training.small_run import benchmark
from tests.training.small_run import use_tiny_encoder

TERMS = ("TextImageMI",)


@pytest.fixture(scope="module", autouse=True)
def tiny_encoder():
    with pytest.MonkeyPatch.context() as patch:
        use_tiny_encoder(patch)
        yield


@pytest.fixture(scope="module")
def css():
    return benchmark()


@pytest.fixture(scope="module")
def trained(css, tmp_path_factory):
    """The folder of a run with a term."""
    config = dataclasses.replace(CONFIG, epochs=1, mutual_information=TERMS)
    out = tmp_path_factory.mktemp("start") / "run"
    experiment.train(config, out, css, verbose=0)
    return out


def fresh(css, **changed):
    config = dataclasses.replace(CONFIG, seed=9, **changed)
    return build_model(config, css.train.vocabulary, 3)


def test_all_weights_are_those_of_the_run(css, trained):
    model = fresh(css, mutual_information=TERMS)
    start_from(model, trained)
    other = models.load(trained)
    assert len(model.weights) == len(other.weights) > 10
    for a, b in zip(model.weights, other.weights, strict=True):
        np.testing.assert_array_equal(a.value, b.value)
    images = css.test.images.pixels[:3]
    np.testing.assert_array_equal(
        model.embed_targets(images), other.embed_targets(images)
    )


def test_a_term_that_the_run_lacks_begins_anew(css, trained):
    model = fresh(css, mutual_information=("FusionImageMI", *TERMS), level="P2")
    new, old = model.mutual_information
    before = new.get_weights()
    start_from(model, trained)
    for a, b in zip(new.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    (wanted,) = models.load(trained).mutual_information
    for a, b in zip(old.get_weights(), wanted.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_run_begins_there_and_says_so(css, trained, tmp_path):
    config = dataclasses.replace(
        CONFIG,
        epochs=1,
        start_from=str(trained),
        learning_rate=1e-12,
        mutual_information=TERMS,
    )
    run = experiment.train(config, tmp_path / "run", css, verbose=0)
    before = models.load(trained)
    for a, b in zip(
        before.fusion.weights + before.text_encoder.weights,
        run.model.fusion.weights + run.model.text_encoder.weights,
        strict=True,
    ):
        np.testing.assert_allclose(a.value, b.value, atol=1e-6)
    assert run.report.context["start_from_fingerprint"] == before.fingerprint


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"fusion": "TIRG"}, "whose fusion is that of the config, a TIRG"),
        ({"text_units": 4}, r"text encoder .* Received: .*run, where it is a"),
    ],
)
def test_another_kind_of_model_is_refused(css, trained, changed, message):
    model = fresh(css, **changed)
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        start_from(model, trained)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_other_words_are_refused(css, trained):
    words = css.train.vocabulary
    model = build_model(CONFIG, (*words[1:], "zebra"), 3)
    with pytest.raises(ValueError, match="whose vocabulary differs"):
        start_from(model, trained)


def test_no_such_run_leaves_the_folder_alone(css, tmp_path):
    config = dataclasses.replace(CONFIG, start_from=str(tmp_path / "none"))
    with pytest.raises(ValueError, match="No such model"):
        experiment.train(config, tmp_path / "run", css, verbose=0)
    assert not (tmp_path / "run").exists()
