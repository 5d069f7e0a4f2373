"""Parameter hashing against a loop over the kernel's entries."""

import keras
import numpy as np
import pytest

from keras_cmr.layers import ParameterHashing
from tests.layers.fusion import plain
from tests.testing import functional
from tests.testing import numpy
from tests.testing import run_layer_test
from tests.testing import save_and_load


def murmur_finaliser(key):
    """fmix64 of MurmurHash3, in Python's own integers."""
    mask = 2**64 - 1
    key ^= key >> 33
    key = key * 0xFF51AFD7ED558CCD & mask
    key ^= key >> 33
    key = key * 0xC4CEB9FE1A85EC53 & mask
    return key ^ key >> 33


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1])
def test_by_a_loop_over_entries(seed):
    fusion = ParameterHashing(num_candidates=9, seed=seed)
    reference, modification = plain.inputs(batch=2)
    fusion(reference, modification)
    plain.randomize(fusion)
    candidates = plain.dense(fusion.candidates, modification)
    expected = np.tile(numpy(fusion.bias), (2, 1))
    for row, m, n in np.ndindex(2, 6, 6):
        hashed = murmur_finaliser(6 * m + n + (seed << 32))
        sign = -1.0 if hashed % 2 else 1.0
        weight = sign * candidates[row, (hashed // 2) % 9] / np.sqrt(6)
        expected[row, n] += weight * reference[row, m]
    query = numpy(fusion(reference, modification))
    np.testing.assert_allclose(query, expected, rtol=1e-4, atol=1e-5)


def test_the_hash_is_that_of_the_seed(tmp_path):
    inputs = plain.inputs()
    fusion = ParameterHashing(num_candidates=9, seed=3)
    model = functional(keras.Model, fusion, inputs)
    loaded = save_and_load(model, tmp_path / "model.keras")
    np.testing.assert_array_equal(
        numpy(loaded(list(inputs))), numpy(model(list(inputs)))
    )
    other = ParameterHashing(num_candidates=9, seed=4)
    other(*inputs)
    other.set_weights(fusion.get_weights())
    assert not np.allclose(numpy(other(*inputs)), numpy(fusion(*inputs)))


def test_buckets_and_signs_are_even():
    fusion = ParameterHashing(num_candidates=16)
    fusion(*plain.inputs((128,), batch=1))
    counts = np.bincount(fusion._buckets, minlength=16)
    # 1,024 expected in each, with a standard deviation of 31.
    assert (np.abs(counts - 1024) < 5 * 31).all()
    assert abs(fusion._signs.mean()) < 5 / 128


def test_parameter_hashing_is_a_layer(tmp_path):
    kwargs = {"num_candidates": 9, "seed": 2}
    run_layer_test(ParameterHashing, kwargs, plain.inputs(), (5, 6), tmp_path)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_candidates": 0}, "`num_candidates` must be.*Received.*=0"),
        ({"seed": -1}, "`seed` must be.*Received: seed=-1"),
        ({"seed": 2**32}, "`seed` must be.*Received: seed=4294967296"),
    ],
)
def test_bad_input(kwargs, message):
    with pytest.raises(ValueError, match=message):
        ParameterHashing(**kwargs)
