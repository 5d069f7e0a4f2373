"""Arguments that count something."""

import numpy as np


def check_count(value, name):
    """Raises unless `value` is an integer of at least 1.

    Args:
        value: What a caller gave.
        name: String. The argument's name in the error.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"`{name}` must be an integer. Received: {value!r}")
    if value < 1:
        raise ValueError(
            f"`{name}` must be at least 1. Received: {name}={value}"
        )
