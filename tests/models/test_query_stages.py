"""The query encoder in stages gives the same numbers as in one piece."""

import numpy as np
import pytest

from keras_cmr import layers
from keras_cmr import models
from keras_cmr.models.towers import Towers
from tests.models.tiny import TEXTS
from tests.models.tiny import image_encoder
from tests.models.tiny import pictures
from tests.models.tiny import text_encoder
from tests.testing import numpy

FUSIONS = [layers.TIRG, layers.TIRGLastConv, layers.Concatenation]


@pytest.fixture(scope="module", params=FUSIONS, ids=lambda f: f.__name__)
def model(request):
    return models.ComposedRetriever(
        image_encoder(), text_encoder(), fusion=request.param()
    )


def test_stages_make_the_same_queries(model):
    images = pictures(2)
    stages = model.query_stages
    features = stages.image_features(images)
    texts = stages.text_features(TEXTS)
    pairs = [(i, t) for i in range(2) for t in range(4)]
    image, text = np.array(pairs).T
    whole = model.embed_queries(images[image], [TEXTS[t] for t in text])
    np.testing.assert_allclose(
        stages.fuse(features[image], texts[text], batch_size=3),
        whole,
        atol=1e-5,
    )


def test_images_are_embedded_as_targets(model):
    images = pictures(3)
    stages = model.query_stages
    np.testing.assert_allclose(
        stages.image_embeddings(stages.image_features(images)),
        model.embed_targets(images),
        atol=1e-5,
    )


def test_parts_are_the_fusions(model):
    stages = model.query_stages
    images = stages.image_features(pictures(2))
    texts = stages.text_features(TEXTS[:2])
    if not stages.has_parts:
        with pytest.raises(ValueError, match=r"Concatenation, which does not"):
            stages.parts(images, texts)
        return
    parts = stages.parts(images, texts, batch_size=1)
    query = numpy(model.fusion(images, texts))
    total = sum(part for name, part in parts.items() if name != "gate")
    np.testing.assert_allclose(total, query, rtol=1e-4, atol=1e-5)
    assert ((parts["gate"] > 0) & (parts["gate"] < 1)).all()


class Base:
    def quantize(self, mode):
        self.mode = mode


class Stub(Towers, Base):
    fusion = layers.TIRG()


def test_quantising_makes_new_stages():
    model = Stub()
    old = model.query_stages
    assert model.query_stages is old
    model.quantize("int8")
    assert model.query_stages is not old
