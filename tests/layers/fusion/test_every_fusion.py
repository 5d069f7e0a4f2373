"""What holds for all fusions, so that any replaces any other."""

import numpy as np
import pytest

from keras_cmr import layers
from tests.layers.fusion import plain
from tests.testing import numpy

FUSIONS = [
    value
    for value in vars(layers).values()
    if isinstance(value, type)
    and issubclass(value, layers.Fusion)
    and value is not layers.Fusion
]
CASES = [(kind, {}) for kind in FUSIONS] + [(layers.FiLM, {"spatial": True})]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0].__name__}{case[1]}")
def case(request):
    kind, kwargs = request.param
    fusion = kind(**kwargs)
    shape = (3, 2, 8) if fusion.uses_feature_map else (8,)
    return fusion, plain.inputs(shape, (8,))


def test_a_row_does_not_see_its_batch(case):
    fusion, (reference, modification) = case
    query = numpy(fusion(reference, modification))
    assert query.shape == reference.shape
    for row in (0, 4):
        alone = fusion(reference[row : row + 1], modification[row : row + 1])
        np.testing.assert_allclose(
            numpy(alone)[0], query[row], rtol=1e-4, atol=1e-5
        )


def test_permuting_the_batch_permutes_the_query(case):
    fusion, (reference, modification) = case
    order = np.array([2, 0, 4, 3, 1])
    query = numpy(fusion(reference, modification))
    permuted = numpy(fusion(reference[order], modification[order]))
    np.testing.assert_allclose(permuted, query[order], rtol=1e-4, atol=1e-5)


def test_a_batch_of_one_trains(case):
    fusion, inputs = case
    query = fusion(*(x[:1] for x in inputs), training=True)
    assert np.isfinite(numpy(query)).all()
    assert all(np.isfinite(numpy(loss)) for loss in fusion.losses)


def test_a_modification_of_another_size(case):
    fusion, (reference, modification) = case
    if isinstance(fusion, layers.TextOnly):
        pytest.skip("its text stands for the query: tests/layers/test_fusion")
    query = fusion(reference, modification[:, :3])
    assert query.shape == reference.shape
