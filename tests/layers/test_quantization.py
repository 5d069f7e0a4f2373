"""int8 layers: near the float ones, and themselves after `.keras`."""

import keras
import numpy as np
import pytest

from keras_cmr import layers
from keras_cmr.layers.quantization import dtype_config
from tests.layers.discovery import DISCRIMINATORS
from tests.layers.discovery import FUSIONS
from tests.layers.discovery import inputs_for
from tests.quantization import quantize
from tests.quantization import run_quantization_test
from tests.testing import functional
from tests.testing import numpy
from tests.testing import save_and_load


@pytest.mark.parametrize("kind", [*FUSIONS, *DISCRIMINATORS])
def test_every_layer(kind, tmp_path):
    keras.utils.set_random_seed(0)
    layer = kind()
    run_quantization_test(layer, inputs_for(layer), tmp_path)


def test_nested_in_a_mutual_information_term(tmp_path):
    term = layers.FusionImageMI(level=["P2", "P3"])
    query, maps = inputs_for(term.discriminator)
    inputs = [keras.Input(x.shape[1:]) for x in (query, maps, maps)]
    model = keras.Model(inputs, term(inputs[0], inputs[1:]))
    before = numpy(term.nats(query, [maps, maps]))
    quantize(model)
    after = numpy(term.nats(query, [maps, maps]))
    assert 0 < abs(after - before) < 0.1
    (loaded,) = (
        layer
        for layer in save_and_load(model, tmp_path / "model.keras").layers
        if isinstance(layer, layers.FusionImageMI)
    )
    np.testing.assert_array_equal(
        numpy(loaded.nats(query, [maps, maps])), after
    )


def test_nested_in_a_model_of_a_model(tmp_path):
    fusion = layers.TIRG()
    inputs = inputs_for(fusion)
    inner = functional(keras.Model, fusion, inputs)
    symbolic = [keras.Input(x.shape[1:]) for x in inputs]
    outer = keras.Model(symbolic, inner(symbolic))
    quantize(outer)
    loaded = save_and_load(outer, tmp_path / "model.keras")
    expected = numpy(outer(list(inputs)))
    np.testing.assert_array_equal(numpy(loaded(list(inputs))), expected)


def test_only_what_was_chosen_is_quantised(tmp_path):
    fusion = layers.TIRG(dtype="mixed_bfloat16")
    inputs = inputs_for(fusion)
    model = functional(keras.Model, fusion, inputs)
    model.quantize("int8", filters="dense_1")
    loaded = save_and_load(model, tmp_path / "model.keras")
    modes = {
        layer.path: layer.quantization_mode
        for layer in loaded._flatten_layers()
        if isinstance(layer, keras.layers.Dense)
    }
    assert modes == {
        f"{fusion.name}/gate/dense_0": None,
        f"{fusion.name}/residual/dense_0": None,
        f"{fusion.name}/residual/dense_1": "int8",
    }
    (loaded_fusion,) = (
        x for x in loaded.layers if isinstance(x, layers.Fusion)
    )
    assert loaded_fusion.compute_dtype == "bfloat16"
    expected = numpy(model(list(inputs)))
    np.testing.assert_array_equal(numpy(loaded(list(inputs))), expected)


def test_config_of_a_float_layer_is_that_of_keras():
    fusion = layers.TIRG(dtype="mixed_float16")
    plain = keras.layers.ReLU(dtype="mixed_float16")
    assert dtype_config(fusion) == plain.get_config()["dtype"]
    assert fusion.get_config()["dtype"] == dtype_config(fusion)
