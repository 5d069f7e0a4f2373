import numpy as np
import pytest

from keras_cmr.retrieval.embeddings import unit_rows


def test_rows_get_unit_length_also_far_outside_the_usual_range():
    rows = np.float32([[3, 4], [3e30, 4e30], [3e-30, 4e-30], [0, -2]])
    got = unit_rows(rows, "x")
    want = [[0.6, 0.8], [0.6, 0.8], [0.6, 0.8], [0, -1]]
    assert np.allclose(got, want, atol=1e-6)
    assert got.dtype == np.float32 and got.flags["C_CONTIGUOUS"]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_every_float_type_and_memory_order_is_taken(dtype):
    got = unit_rows(np.asfortranarray(np.eye(3, dtype=dtype)), "x")
    assert got.dtype == np.float32 and got.flags["C_CONTIGUOUS"]


@pytest.mark.parametrize(
    ("array", "options", "error", "message"),
    [
        (np.eye(2, dtype=int), {}, TypeError, "float array. Received: dtype=i"),
        ([["a"]], {}, TypeError, "x must be a float array"),
        (np.ones(3), {}, ValueError, r"\(rows, dim\). Received: shape=\(3,\)"),
        (np.ones((3, 0)), {}, ValueError, r"\(rows, dim\)"),
        (np.eye(2), {"rows": 3}, ValueError, "2 rows for 3 inputs"),
        (np.eye(2), {"rows": ["a"]}, ValueError, "2 rows for 1 inputs"),
        (np.eye(2), {"dim": 5}, ValueError, "width, 5. Received"),
        ([[1.0], [np.nan]], {}, ValueError, "finite.*1 bad of 2.* row 1"),
        ([[np.inf], [1.0]], {}, ValueError, "finite.*1 bad of 2.* row 0"),
        ([[0.0], [0.0]], {"rows": ["a", "b"]}, ValueError, "2 bad .* 'a'"),
    ],
)
def test_bad_embeddings_are_refused(array, options, error, message):
    with pytest.raises(error, match=message):
        unit_rows(array, "x", **options)
