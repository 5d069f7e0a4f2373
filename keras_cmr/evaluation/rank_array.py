"""The ranks that a report keeps, checked."""

import numpy as np


def checked_ranks(ranks, num_candidates):
    """`ranks` as an int32 array, or `ValueError`.

    Args:
        ranks: Integers, one a query, or one list a query: growing, filled up
            with 0.
        num_candidates: int. The largest rank there can be.
    """
    ranks = np.asarray(ranks)
    if (
        ranks.ndim not in (1, 2)
        or not ranks.size
        or not np.issubdtype(ranks.dtype, np.integer)
    ):
        raise ValueError(
            "`ranks` must be a non-empty list of integers, or of equally long "
            f"lists of integers. Received: shape {ranks.shape}, dtype "
            f"{ranks.dtype}"
        )
    if ranks.min() < 0 or ranks.max() > num_candidates:
        raise ValueError(
            f"`ranks` must lie between 0 and {num_candidates}. "
            f"Received: {ranks.min()} to {ranks.max()}"
        )
    if ranks.ndim == 2:
        filled = np.where(ranks == 0, num_candidates + 1, ranks)
        steps = np.diff(filled, axis=1)
        wrong = ((steps <= 0) & (ranks[:, 1:] > 0)).any(axis=1)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise ValueError(
                "`ranks` must grow in every row, with zeros at its end. "
                f"Received: {ranks[row].tolist()} in row {row}"
            )
    return ranks.astype(np.int32)
