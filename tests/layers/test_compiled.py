"""One training step in bfloat16, compiled by XLA."""

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
# On Torch, Keras leaves `torch.compile` out unless asked: it takes a minute a
# layer on a CPU and warns of its own workings. There the step is not compiled.
COMPILED = keras.config.backend() != "torch"


# The fusions that return one half have none.
@pytest.mark.filterwarnings("ignore:The model does not have any trainable")
@pytest.mark.parametrize("kind", LAYERS)
def test_step_is_finite(kind):
    layer = kind(dtype="mixed_bfloat16")
    inputs = inputs_for(getattr(layer, "discriminator", layer))
    model = functional(Probe, layer, inputs)
    model.compile(keras.optimizers.SGD(0.1), jit_compile=COMPILED)
    before = model.get_weights()
    assert np.isfinite(model.train_on_batch(list(inputs)))
    after = model.get_weights()
    assert all(np.isfinite(weight).all() for weight in after)
    changed = [
        (old != new).any() for old, new in zip(before, after, strict=True)
    ]
    assert any(changed) or before == []
