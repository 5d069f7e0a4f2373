"""Every fusion with every term and estimator: one step of training."""

import keras
import numpy as np
import pytest

from keras_cmr import layers
from keras_cmr import losses
from keras_cmr import models
from tests.layers.discovery import FUSIONS
from tests.models import tiny

ESTIMATORS = ("jsd", "infonce", "dv")


def all_terms():
    return [
        term(estimator=estimator, name=f"{name}_{estimator}", **kwargs)
        for estimator in ESTIMATORS
        for name, term, kwargs in (
            ("text_image", layers.TextImageMI, {}),
            ("fusion_image", layers.FusionImageMI, {"level": "P2"}),
        )
    ]


@pytest.fixture(scope="module")
def encoders():
    """Shared: building them is most of a case's time."""
    keras.utils.set_random_seed(0)
    return tiny.image_encoder(), tiny.text_encoder()


@pytest.mark.parametrize("kind", FUSIONS)
def test_one_step(kind, encoders):
    model = models.ComposedRetriever(
        *encoders, fusion=kind(), mutual_information=all_terms()
    )
    # Eagerly, since a graph takes longer to compile than to run once.
    model.compile(
        keras.optimizers.SGD(1e-3),
        loss=losses.BatchSoftmax(),
        run_eagerly=True,
    )
    batch = tiny.batch_for(model)
    logs = model.train_on_batch(batch, return_dict=True)
    assert {term.name for term in model.mutual_information} < set(logs)
    assert np.isfinite(list(logs.values())).all(), logs
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert model.output["query"].shape == (None, 8)
    assert model(batch)["query"].shape == (4, 8)
