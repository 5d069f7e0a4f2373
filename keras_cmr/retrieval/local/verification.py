"""Whether everything in a gallery's folder is as it was written."""

import numpy as np

from keras_cmr.retrieval.local.blocks import Blocks
from keras_cmr.retrieval.local.checksums import checksums
from keras_cmr.retrieval.local.folder import ROWS
from keras_cmr.retrieval.local.manifest import read_manifest
from keras_cmr.retrieval.local.manifest import verify_artifacts
from keras_cmr.retrieval.local.seal import check_files
from keras_cmr.retrieval.local.seal import read_seal
from keras_cmr.retrieval.local.table import LanceTable

_ROWS_AT_A_TIME = 1 << 15


def verify(folder):
    """Reads every row and every file of the index.

    Args:
        folder: Path of a gallery.

    Returns:
        Dict with `rows` and `index_files`, how many are sound. Damage is a
        `ValueError` that names the first row or file.
    """
    manifest = read_manifest(folder)
    index = manifest["index"]
    if index is not None:
        verify_artifacts(folder / index["folder"], index["artifacts"])
    check_files(folder / ROWS, read_seal(folder / ROWS))
    snapshot = LanceTable.open(folder / ROWS).load()
    blocks, columns = Blocks(snapshot.blocks), snapshot.columns
    for start in range(0, len(snapshot.places), _ROWS_AT_A_TIME):
        part = slice(start, start + _ROWS_AT_A_TIME)
        sums = checksums(
            columns.serials[part],
            columns.ids[part],
            columns.paths[part],
            columns.metadata[part],
            blocks.take(snapshot.places[part]),
        )
        bad = np.flatnonzero(sums != columns.checksums[part])
        if bad.size:
            raise ValueError(
                f"Damaged gallery: {bad.size} rows of {folder / ROWS} do not "
                "match their checksums, the first is "
                f"{columns.ids[start + int(bad[0])]!r}"
            )
    files = 0 if index is None else len(index["artifacts"])
    return {"rows": len(snapshot.places), "index_files": files}
