"""From ranks to what each query adds to a figure."""

import numpy as np


def recalls(ranks, ks, name="R"):
    """1 for each query whose best right image is among the first k.

    Args:
        ranks: Int array `(num_queries,)`, 0 for a miss.
        ks: Sequence of int.
        name: str. What stands before `@k`. Defaults to `"R"`.

    Returns:
        Dict of `"R@k"` -> float array `(num_queries,)`.
    """
    return {
        f"{name}@{k}": ((ranks >= 1) & (ranks <= k)).astype(float) for k in ks
    }


def average_precisions(ranks, ks):
    """Average precision of each query, cut at k.

    The sum of the precision at each right image among the first k, over the
    number of right images or k, whichever is less: the best possible sum.

    Args:
        ranks: Int array `(num_queries, most)`: the ranks of all right images
            that can be found, growing, filled up with 0.
        ks: Sequence of int.

    Returns:
        Dict of `"mAP@k"` -> float array `(num_queries,)`.
    """
    right = ranks > 0
    found = np.arange(1, ranks.shape[1] + 1)
    precision = np.where(right, found / np.maximum(ranks, 1), 0.0)
    count = np.maximum(right.sum(axis=1), 1)
    return {
        f"mAP@{k}": np.where(ranks <= k, precision, 0.0).sum(axis=1)
        / np.minimum(count, k)
        for k in ks
    }
