"""The gate every embedding passes before it is stored or searched."""

import numpy as np


def unit_rows(embeddings, name, rows=None, dim=None):
    """Checks embeddings and gives them unit length.

    One bad number would spoil every later search (and ends the process
    inside ScaNN), so it is refused here with the row it stands in.

    Args:
        embeddings: Array of shape `(rows, dim)`, any float type.
        name: String. What to call the array in an error.
        rows: Number of rows wanted, or a list with one label per row, or
            `None` for any number of rows.
        dim: Int or `None`. Width wanted.

    Returns:
        Float32 array of the same shape, C-contiguous, rows of length 1.
    """
    array = np.asarray(embeddings)
    if array.dtype.kind != "f":
        raise TypeError(
            f"{name} must be a float array. Received: dtype={array.dtype}"
        )
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(
            f"{name} must have shape (rows, dim). Received: shape={array.shape}"
        )
    labels = None if isinstance(rows, int) else rows
    wanted = len(rows) if labels is not None else rows
    if wanted is not None and len(array) != wanted:
        raise ValueError(
            f"{name} must have one row per input. Received: {len(array)} "
            f"rows for {wanted} inputs"
        )
    if dim is not None and array.shape[1] != dim:
        raise ValueError(
            f"{name} must have the gallery's width, {dim}. Received: "
            f"shape={array.shape}"
        )
    # Squares of large or tiny float32 values leave the float32 range.
    norms = np.linalg.norm(array.astype(np.float64), axis=1, keepdims=True)
    bad = np.flatnonzero(~np.isfinite(norms[:, 0]) | (norms[:, 0] == 0.0))
    if bad.size:
        first = int(bad[0])
        where = f"row {first}" if labels is None else repr(labels[first])
        raise ValueError(
            f"{name} must be finite and not all zero. Received: "
            f"{bad.size} bad of {len(array)}, the first is {where}"
        )
    return np.ascontiguousarray(array / norms, dtype=np.float32)
