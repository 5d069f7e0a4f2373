"""A run that begins where another ended."""

import dataclasses
import shutil

import keras
import keras_hub
import numpy as np
import pytest

from keras_cmr import experiment
from keras_cmr import layers
from keras_cmr import models
from keras_cmr.training import build_model as building
from keras_cmr.training.build_model import build_model
from keras_cmr.training.run_folder import START
from keras_cmr.training.start_from import find_start
from keras_cmr.training.untrained import untrained_model
from tests.training.small_run import CONFIG
from tests.training.small_run import Stop
from tests.training.small_run import benchmark

TERMS = ("TextImageMI",)


pytestmark = pytest.mark.usefixtures("tiny_encoder")


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


def start(folder):
    return find_start(dataclasses.replace(CONFIG, start_from=str(folder)))


def test_all_weights_are_those_of_the_run(css, trained):
    model = fresh(css, mutual_information=TERMS)
    start(trained).give(model)
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
    start(trained).give(model)
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
        ({"text_units": 4}, r"text encoder .* Received: .*run/model.keras, wh"),
    ],
)
def test_another_kind_of_model_is_refused(css, trained, changed, message):
    model = fresh(css, **changed)
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        start(trained).give(model)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("more", [0, 1])
def test_other_words_are_refused(css, trained, more):
    words = css.train.vocabulary
    model = build_model(CONFIG, (*words[1 - more :], "zebra"), 3)
    with pytest.raises(ValueError, match="encoder knows others"):
        start(trained).give(model)


def subword_model(words):
    text_encoder = models.TextEncoder(
        keras_hub.models.BertBackbone(len(words), 1, 2, 8, 16),
        keras_hub.tokenizers.BertTokenizer(words),
        embedding_dim=8,
    )
    images = models.ImageEncoder(models.small_resnet(), 32, 8)
    return models.ComposedRetriever(images, text_encoder, layers.Sum())


def test_other_tokenizers_are_refused(tmp_path):
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red"]
    trained = subword_model(words)
    trained.save(tmp_path / "first.keras")
    origin = start(tmp_path / "first.keras")
    model = subword_model(words)
    origin.give(model)
    assert model.fingerprint == trained.fingerprint
    with pytest.raises(ValueError, match="encoder knows others"):
        origin.give(subword_model([*words[:-1], "blue"]))


def test_no_such_run_leaves_the_folder_alone(tmp_path):
    config = dataclasses.replace(CONFIG, start_from=str(tmp_path / "none"))
    with pytest.raises(ValueError, match=r"`start_from` must .* No such model"):
        # Before the benchmark, which is none.
        experiment.train(config, tmp_path / "run", object(), verbose=0)
    assert not (tmp_path / "run").exists()


def slow(css, out, trained, **changed):
    """A run that hardly moves from where it began."""
    config = dataclasses.replace(
        CONFIG, start_from=str(trained), learning_rate=1e-12, epochs=2
    )
    config = dataclasses.replace(config, **changed)
    return experiment.train(config, out, css, verbose=0)


def test_a_stopped_run_needs_the_other_no_more(css, trained, tmp_path):
    elsewhere = tmp_path / "first"
    shutil.copytree(trained, elsewhere)
    config = dataclasses.replace(CONFIG, start_from=str(elsewhere), epochs=2)
    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        experiment.train(config, out, css, [Stop(0, 1)], verbose=0)
    shutil.rmtree(elsewhere)
    run = experiment.train(config, out, css, verbose=0)
    assert not (out / START).exists()
    whole = experiment.train(
        dataclasses.replace(config, start_from=str(trained)),
        tmp_path / "whole",
        css,
        verbose=0,
    )
    for a, b in zip(run.model.weights, whole.model.weights, strict=True):
        np.testing.assert_array_equal(a.value, b.value)
    key = "start_from_fingerprint"
    assert run.report.context[key] == whole.report.context[key]


def test_stored_features_begin_there_too(css, trained, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_CMR_CACHE", str(tmp_path / "cache"))
    make = building.image_encoder

    def frozen(config):
        encoder = make(config)
        encoder.backbone.trainable = False
        return encoder

    monkeypatch.setattr(building, "image_encoder", frozen)
    first = models.load(trained)
    first.get_layer("scale").set_weights([np.float32(7.5)])
    first.save(tmp_path / "first.keras")
    run = slow(
        css,
        tmp_path / "run",
        tmp_path / "first.keras",
        train_backbone=False,
        cache_features=True,
    )
    (scale,) = run.model.get_layer("scale").get_weights()
    assert scale == pytest.approx(7.5, abs=1e-4)


@pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="configs: TensorFlow's tests"
)
def test_all_devices_begin_there_too(css, trained, tmp_path):
    run = slow(css, tmp_path / "run", trained, devices="all")
    wanted = models.load(trained)
    for part in ("fusion", "text_encoder"):
        for a, b in zip(
            getattr(run.model, part).get_weights(),
            getattr(wanted, part).get_weights(),
            strict=True,
        ):
            np.testing.assert_allclose(a, b, atol=1e-6)


def test_before_training_is_where_it_began(css, trained):
    config = dataclasses.replace(
        CONFIG, start_from=str(trained), mutual_information=TERMS
    )
    model = untrained_model(config, css)
    assert model.fingerprint == models.load(trained).fingerprint
