"""The summands that a fusion names are those of its query."""

import numpy as np
import pytest
from keras import ops

from keras_cmr import layers
from tests.layers.discovery import FUSIONS
from tests.layers.discovery import inputs_for
from tests.testing import numpy


def parts_of(fusion, *inputs):
    """`fusion.parts`, which takes tensors as `call` does, of arrays."""
    return fusion.parts(*map(ops.convert_to_tensor, inputs))


SUMS = [kind for kind in FUSIONS if kind.has_parts]
OTHERS = [kind for kind in FUSIONS if not kind.has_parts]


def test_which_fusions_are_sums():
    assert {kind.__name__ for kind in SUMS} == {
        "Combiner",
        "FiLM",
        "ImageOnly",
        "Residual",
        "Sum",
        "TIRG",
        "TIRGLastConv",
        "TextOnly",
    }


@pytest.mark.parametrize("kind", SUMS)
def test_parts_add_up_to_the_query(kind):
    fusion = kind()
    inputs = inputs_for(fusion)
    query = numpy(fusion(*inputs))
    parts = {k: numpy(part) for k, part in parts_of(fusion, *inputs).items()}
    gate = parts.pop("gate", None)
    assert set(parts) <= {"image", "text", "residual"}
    np.testing.assert_allclose(sum(parts.values()), query, rtol=1e-5, atol=1e-5)
    if gate is not None:
        assert gate.min() >= 0 and gate.max() <= 1
        np.broadcast_to(gate, query.shape)


@pytest.mark.parametrize("kind", [layers.TIRG, layers.Residual])
def test_an_open_gate_shows_the_reference(kind):
    # With gates of one the part "image" is the reference, by the formula.
    fusion = kind(
        **({"initial_weights": (1.0, 2.0)} if kind.__name__ == "TIRG" else {})
    )
    reference, modification = inputs_for(fusion)
    fusion(reference, modification)
    last = fusion.gate.layers[-1]
    kernel, bias = last.get_weights()
    last.set_weights([0 * kernel, bias + 100.0])
    parts = parts_of(fusion, reference, modification)
    np.testing.assert_allclose(numpy(parts["gate"]), 1.0)
    np.testing.assert_allclose(numpy(parts["image"]), reference, rtol=1e-5)


def test_the_combiners_gate_weighs_the_reference():
    fusion = layers.Combiner(units=8, projection_units=8)
    reference, modification = inputs_for(fusion)
    fusion(reference, modification)
    last = fusion.gate.layers[-1]
    kernel, bias = last.get_weights()
    # sigmoid(ln 3) = 3/4 is the text's weight, 1/4 the reference's.
    last.set_weights([0 * kernel, bias * 0 + np.log(3.0)])
    parts = parts_of(fusion, reference, modification)
    np.testing.assert_allclose(numpy(parts["gate"]), 0.25, rtol=1e-5)
    np.testing.assert_allclose(
        numpy(parts["image"]), 0.25 * reference, rtol=1e-4
    )
    np.testing.assert_allclose(
        numpy(parts["text"]), 0.75 * modification, rtol=1e-4
    )


@pytest.mark.parametrize("kind", OTHERS)
def test_other_fusions_say_that_they_have_none(kind):
    fusion = kind()
    with pytest.raises(ValueError, match=f"Received: {kind.__name__}, which"):
        fusion.parts(*inputs_for(fusion))
