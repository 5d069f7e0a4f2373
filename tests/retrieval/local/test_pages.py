"""Vectors are where Lance says, at every width and number of rows."""

import numpy as np
import pytest

from keras_cmr.retrieval.local.columns import Columns
from keras_cmr.retrieval.local.pages import map_vectors
from keras_cmr.retrieval.local.table import LanceTable


def rows_of(vectors):
    n = len(vectors)
    return Columns(
        np.arange(n),
        [str(i) for i in range(n)],
        [None] * n,
        ["{}"] * n,
        np.zeros(n, np.uint32),
        vectors,
    )


@pytest.mark.parametrize("dim", [1, 2, 3, 7, 512, 2048])
@pytest.mark.parametrize("n", [1, 2, 300, 9000])
@pytest.mark.parametrize("equal", [False, True])
def test_mapped_rows_are_those_that_were_written(tmp_path, dim, n, equal):
    if n * dim > 1 << 20:
        n //= 16
    vectors = np.random.default_rng(0).normal(size=(n, dim)).astype("f")
    if equal:
        vectors[:] = vectors[0]
    table = LanceTable.create(tmp_path / "rows.lance")
    table.commit(rows_of(vectors))
    for one in (table, LanceTable.open(table.path)):
        (fragment,) = one._dataset.get_fragments()
        blocks = map_vectors(one.path, fragment)
        assert np.array_equal(np.concatenate(blocks), vectors)
        assert all(isinstance(block, np.memmap) for block in blocks)
        assert not any(block.flags["WRITEABLE"] for block in blocks)


class Fragment:
    """As another fragment, with a size of its own."""

    def __init__(self, fragment, physical_rows):
        self.data_files, self.schema = fragment.data_files, fragment.schema
        self.physical_rows = physical_rows


def test_what_is_not_as_lance_says_is_refused(tmp_path):
    table = LanceTable.create(tmp_path / "rows.lance")
    table.commit(rows_of(np.ones((3, 4), "f")))
    (fragment,) = table._dataset.get_fragments()
    with pytest.raises(ValueError, match=r"must hold 4 vectors. Received: 3"):
        map_vectors(table.path, Fragment(fragment, 4))
