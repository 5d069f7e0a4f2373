"""The packaged encoders find real photos by words, where installed."""

import keras
import numpy as np
import pytest

from keras_cmr import models


@pytest.fixture(scope="module")
def model():
    try:
        return models.LateFusion.from_package(texts="glove-6b-50d")
    except ImportError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def photos():
    """A palace by a lake, a flower."""
    datasets = pytest.importorskip("sklearn.datasets")
    return datasets.load_sample_images().images


@pytest.mark.skipif(
    keras.config.backend() == "jax",
    reason="compiles for a minute; the encoder's numbers are tested elsewhere",
)
def test_words_find_what_is_seen(model, photos):
    candidates = model.embed_targets(photos)
    texts = ["a palace or castle", "a yellow daisy", "flower with a bee"]
    scores = model.embed_texts(texts) @ candidates.T
    np.testing.assert_array_equal(scores.argmax(1), [0, 1, 1])
    both = model.embed_queries(photos, texts[:2]) @ candidates.T
    np.testing.assert_array_equal(both.argmax(1), [0, 1])


def test_class_names_are_in_the_order_of_the_head(model, photos):
    pixels = models.images.load_images(photos, model.image_size)
    outputs = model.space.classifier.predict_on_batch(pixels)
    likeliest = outputs["probabilities"].argmax(1)
    names = [model.space.class_names[i] for i in likeliest]
    assert names == ["bell cote", "daisy"]
    assert model.recipe == "efficientnet-lite0+glove-6b-50d"
