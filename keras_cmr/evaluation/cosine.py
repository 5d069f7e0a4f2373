"""Cosine scores need rows of unit length; a zero row has no cosine."""

import numpy as np


def unit_rows(name, embeddings, num_rows):
    """Embeddings scaled to unit length, so that inner products are cosines.

    Args:
        name: str. `"queries"` or `"candidates"`, for error messages.
        embeddings: Float array of shape `(num_rows, dim)`.
        num_rows: int. Rows that the split asks for.

    Returns:
        float32 array of shape `(num_rows, dim)`.
    """
    embeddings = np.asarray(embeddings, dtype=np.float32)
    if embeddings.ndim != 2 or len(embeddings) != num_rows or num_rows == 0:
        raise ValueError(
            f"`{name}` must have shape ({num_rows}, dim), one row for each of "
            f"the split's {'queries' if name == 'queries' else 'images'}, at "
            f"least one. Received: shape {embeddings.shape}"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.linalg.norm(embeddings, axis=1, keepdims=True)
    infinite, zero = int((~np.isfinite(norms)).sum()), int((norms == 0).sum())
    if infinite or zero:
        raise ValueError(
            f"`{name}` must have a finite, positive length in every row, or "
            f"cosine is undefined. Received: {infinite} non-finite and {zero} "
            f"zero rows of {num_rows}"
        )
    return embeddings / norms
