"""Vectors memory-mapped out of the files of a Lance table."""

import numpy as np


def map_vectors(path, fragment):
    """Maps the column `vector` of one fragment.

    Lance writes fixed-width values with the structural encoding `fullzip`
    and no compression one after another, as its format says:
    https://lance.org/format/file/encoding. The sizes are checked here, the
    content by the rows' checksums.

    Args:
        path: `pathlib.Path` of the table.
        fragment: `lance.LanceFragment` with one data file.

    Returns:
        List of read-only float32 arrays of shape `(any, dim)`, together the
        fragment's rows, the removed ones too.
    """
    from lance.file import LanceFileReader

    (file,) = fragment.data_files()
    name = path / "data" / file.path
    pages = LanceFileReader(str(name)).metadata().columns[-1].pages
    dim = fragment.schema.field("vector").type.list_size
    content = np.memmap(name, np.uint8, "r")
    blocks = []
    for page in pages:
        start = page.buffers[0].position
        stop = start + page.buffers[0].size
        if (stop - start) % (4 * dim) or stop > len(content):
            raise ValueError(f"Damaged gallery: {name} is not as Lance says")
        blocks.append(content[start:stop].view(np.float32).reshape(-1, dim))
    rows = sum(map(len, blocks))
    if rows != fragment.physical_rows:
        raise ValueError(
            f"Damaged gallery: {name} must hold {fragment.physical_rows} "
            f"vectors. Received: {rows}"
        )
    return blocks
