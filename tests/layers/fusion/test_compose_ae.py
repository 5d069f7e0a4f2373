"""ComposeAE: query, rotation and losses in NumPy."""

import numpy as np
import pytest

from keras_cmr.layers import ComposeAE
from tests.layers.fusion import plain
from tests.testing import numpy
from tests.testing import run_layer_test

DIM = 20


def triplet(dim=DIM):
    reference, modification = plain.inputs((dim,))
    return reference, modification, reference[::-1] + 0.5


def built(**kwargs):
    fusion = ComposeAE(**kwargs)
    fusion(*triplet())
    plain.randomize(fusion)
    return fusion


def convolved(layer, rows):
    """Zero-padded convolution of one image's rows, `(dim, 5)`."""
    (kernel,) = layer.get_weights()
    padded = np.pad(rows, ((1, 1), (0, 0)))
    return np.stack(
        [
            np.einsum("ab,abc->c", padded[i : i + 3], kernel)
            for i in range(len(rows))
        ]
    )


def pooled(x, size=16):
    """Maximum over `size` stretches that may overlap."""
    n = len(x)
    starts = [i * n // size for i in range(size)]
    ends = [-(-(i + 1) * n // size) for i in range(size)]
    return np.stack([x[a:b].max(0) for a, b in zip(starts, ends, strict=True)])


def composed(fusion, image, modification, direction):
    modulus = plain.sequential(fusion.modulus, image)
    angle = plain.sequential(fusion.angle, modification)
    rotated = modulus * np.exp(1j * direction * angle)
    rows = np.stack(
        [modulus, angle, image, rotated.real, rotated.imag], axis=-1
    )
    convolution = fusion.convolution.layers[0]
    flat = np.stack([pooled(convolved(convolution, r)).ravel() for r in rows])
    conv = plain.sequential(fusion.conv_map, flat)
    both = np.concatenate([rotated.real, rotated.imag], axis=1)
    linear = plain.sequential(fusion.linear_map, both)
    return (
        numpy(fusion.conv_weight) * conv + numpy(fusion.linear_weight) * linear
    )


def test_query_by_numpy():
    fusion = built()
    reference, modification, _ = triplet()
    query = numpy(fusion(reference, modification))
    expected = composed(fusion, reference, modification, 1)
    np.testing.assert_allclose(query, expected, rtol=1e-3, atol=1e-6)
    back = numpy(fusion.compose(reference, modification, -1.0))
    expected = composed(fusion, reference, modification, -1)
    np.testing.assert_allclose(back, expected, rtol=1e-3, atol=1e-6)


def test_rotation_keeps_the_modulus_and_the_conjugate_undoes_it():
    fusion = built()
    reference, modification, _ = triplet()
    modulus, _, *there = map(numpy, fusion.rotate(reference, modification))
    _, _, *back = map(numpy, fusion.rotate(reference, modification, -1.0))
    there, back = there[0] + 1j * there[1], back[0] + 1j * back[1]
    np.testing.assert_allclose(
        np.abs(there), np.abs(modulus), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(
        (there * back).real, modulus**2, rtol=1e-4, atol=1e-6
    )
    np.testing.assert_allclose((there * back).imag, 0, atol=1e-4)


def frozen(fusion):
    """Training without batch statistics, so that NumPy can follow."""
    for part in fusion._flatten_layers():
        if type(part).__name__ == "BatchNormalization":
            part.trainable = False
    return fusion


def test_losses_by_numpy():
    fusion = frozen(
        built(
            image_weight=2.0, text_weight=3.0, symmetry_weight=5.0, dropout=0.0
        )
    )
    reference, modification, target = triplet()
    query = composed(fusion, reference, modification, 1)
    image = plain.sequential(fusion.image_decoder, query) - reference
    text = plain.sequential(fusion.text_decoder, query) - modification
    back = composed(fusion, target, modification, -1)
    cosines = [
        a @ b / np.sqrt((a @ a) * (b @ b))
        for a, b in zip(back, reference, strict=True)
    ]
    expected = [
        2.0 * np.mean(image**2),
        3.0 * np.mean(text**2),
        5.0 * (1 - np.mean(cosines)),
    ]
    result = fusion(reference, modification, target, training=True)
    np.testing.assert_allclose(numpy(result), query, rtol=1e-3, atol=1e-6)
    losses = [numpy(loss) for loss in fusion.losses]
    np.testing.assert_allclose(losses, expected, rtol=1e-3, atol=1e-6)


def test_losses_belong_to_training_and_symmetry_to_a_target():
    fusion = built()
    reference, modification, target = triplet()
    for arguments, number in (
        ({"target": target}, 0),
        ({"training": False}, 0),
        ({"training": True}, 2),
        ({"training": True, "target": target}, 3),
    ):
        fusion(reference, modification, **arguments)
        assert len(fusion.losses) == number


def test_the_target_never_changes_the_query():
    fusion = frozen(built(dropout=0.0))
    reference, modification, target = triplet()
    for training in (False, True):
        np.testing.assert_array_equal(
            numpy(fusion(reference, modification, target, training=training)),
            numpy(fusion(reference, modification, training=training)),
        )


@pytest.mark.parametrize(("dim", "with_target"), [(DIM, True), (6, False)])
def test_compose_ae_is_a_layer(dim, with_target, tmp_path):
    kwargs = {
        "image_weight": 1.0,
        "text_weight": 1.0,
        "symmetry_weight": 1.0,
        "initial_weights": (1.0, 2.0),
        "dropout": 0.1,
    }
    inputs = triplet(dim)[: 3 if with_target else 2]
    run_layer_test(ComposeAE, kwargs, inputs, (5, dim), tmp_path)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"image_weight": -1}, "`image_weight` must not.*Received.*-1"),
        ({"text_weight": -1}, "`text_weight` must not.*Received.*-1"),
        ({"symmetry_weight": -1}, "`symmetry_weight` must not.*Received.*-1"),
        ({"initial_weights": (1.0,)}, "must be two numbers.*Received"),
    ],
)
def test_bad_input(kwargs, message):
    with pytest.raises(ValueError, match=message):
        ComposeAE(**kwargs)
