"""One training step, compiled by XLA or its like, in bfloat16."""

import keras
import numpy as np
import pytest

from keras_cmr import layers
from tests.layers.discovery import DISCRIMINATORS
from tests.layers.discovery import FUSIONS
from tests.layers.discovery import inputs_for
from tests.testing import Probe
from tests.testing import functional

LAYERS = [*FUSIONS, *DISCRIMINATORS, layers.MutualInformation]


@pytest.mark.parametrize("kind", LAYERS)
def test_step_is_finite(kind):
    layer = kind(dtype="mixed_bfloat16")
    inputs = inputs_for(getattr(layer, "discriminator", layer))
    model = functional(Probe, layer, inputs)
    model.compile(keras.optimizers.SGD(0.1), jit_compile=True)
    before = model.get_weights()
    assert np.isfinite(model.train_on_batch(list(inputs)))
    moved = [
        (old != new).any()
        for old, new in zip(before, model.get_weights(), strict=True)
    ]
    assert any(moved) or before == []
