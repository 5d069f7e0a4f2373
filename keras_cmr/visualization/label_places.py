"""Places of labels that must not lie on each other."""

import numpy as np


def spread(wanted, least):
    """Heights near the wanted ones, each at least `least` from the next.

    Args:
        wanted: Sequence of float. Where each label would stand alone.
        least: float. Smallest distance between two.

    Returns:
        Float array: labels that are too near are moved apart around the mean
        of where they would stand; the order stays.
    """
    wanted = np.asarray(wanted, dtype=float)
    order = np.argsort(wanted, kind="stable")
    # Blocks of labels that touch: [mean of first places, count].
    blocks = []
    for value in wanted[order]:
        blocks.append([value, 1])
        while len(blocks) > 1 and _touch(*blocks[-2:], least):
            (a, m), (b, n) = blocks[-2:]
            # Where the merged block's first label stands best.
            blocks[-2:] = [[(a * m + (b - m * least) * n) / (m + n), m + n]]
    places = np.empty_like(wanted)
    places[order] = np.concatenate(
        [first + least * np.arange(count) for first, count in blocks]
        or [np.zeros(0)]
    )
    return places


def _touch(lower, upper, least):
    return lower[0] + lower[1] * least > upper[0]
