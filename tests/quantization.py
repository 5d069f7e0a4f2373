"""What a quantised layer or model has to stand."""

import warnings

import keras
import numpy as np

from tests.testing import functional
from tests.testing import numpy
from tests.testing import save_and_load


def run_quantization_test(layer, inputs, tmp_path, tolerance=0.1):
    """int8: near the float layer, and the same after `.keras`.

    Args:
        layer: New layer of which something can be quantised, or nothing.
        inputs: tuple of float32 arrays, the positional arguments of the call.
        tmp_path: Folder to save into.
        tolerance: float. Largest error allowed, as a share of the largest
            output.
    """
    model = functional(keras.Model, layer, inputs)
    before = numpy(model(list(inputs)))
    quantize(model)
    after = numpy(model(list(inputs)))
    error = np.nanmax(np.abs(after - before)) / np.nanmax(np.abs(before))
    assert error < tolerance

    kinds = (keras.layers.Dense, keras.layers.EinsumDense)
    dense = [x for x in layer._flatten_layers() if isinstance(x, kinds)]
    assert {x.quantization_mode for x in dense} <= {"int8"}
    assert dense == [] or error > 0
    loaded = save_and_load(model, tmp_path / "quantized.keras")
    np.testing.assert_array_equal(numpy(loaded(list(inputs))), after)
    again = save_and_load(loaded, tmp_path / "again.keras")
    np.testing.assert_array_equal(numpy(again(list(inputs))), after)


def quantize(model):
    with warnings.catch_warnings():
        # Keras names each layer, such as Conv2D, that stays as it is.
        warnings.filterwarnings(
            "ignore", message=r"Layer \w+ does not have a `quantize` method"
        )
        model.quantize("int8")
