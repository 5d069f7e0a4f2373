"""What `generate` can be asked for."""

import math

from keras_cmr.datasets.css.scenes import ALLOWED
from keras_cmr.datasets.css.scenes import POSITIONS
from keras_cmr.datasets.css.scenes import SIZES
from keras_cmr.datasets.css.views import VIEWS

# Different looks of an object in one cell, the same number in both splits.
_LOOKS = len(SIZES) * sum(map(len, ALLOWED["train"].values()))

# A scene with an empty cell has at least 32 additions; a full one has at
# least 9 * (1 removal + 1 size + 1 shape + 3 colours) = 54 changes. Fewer are
# offered, because the last ones are slow to find at random.
_MOST_MODIFICATIONS = 24


def check_arguments(
    scenes: int,
    modifications: int,
    renders: int,
    image_size: int,
    objects: tuple[int, int],
    jitter: int,
    seed: int,
    view: str,
    workers: int | None,
) -> None:
    """Raise `ValueError` for arguments that `generate` cannot take."""
    for name, value, least in (
        ("scenes", scenes, 1),
        ("modifications", modifications, 1),
        ("renders", renders, 1),
        ("image_size", image_size, 32),
        ("jitter", jitter, 0),
        ("seed", seed, 0),
        ("workers", 1 if workers is None else workers, 1),
    ):
        if not isinstance(value, int) or value < least:
            raise ValueError(
                f"`{name}` must be an integer of at least {least}. "
                f"Received: {name}={value!r}"
            )
    if image_size % 16:
        raise ValueError(
            "`image_size` must be a multiple of 16. "
            f"Received: image_size={image_size}"
        )
    if modifications > _MOST_MODIFICATIONS:
        raise ValueError(
            f"`modifications` must be at most {_MOST_MODIFICATIONS}. "
            f"Received: modifications={modifications}"
        )
    if view not in VIEWS:
        raise ValueError(
            f"`view` must be one of {', '.join(map(repr, VIEWS))}. "
            f"Received: view={view!r}"
        )
    low, high = _pair(objects)
    contents = sum(
        math.comb(len(POSITIONS), k) * _LOOKS**k for k in range(low, high + 1)
    )
    if 2 * scenes > contents:
        raise ValueError(
            f"`scenes` must be at most {contents // 2}, half of the different "
            f"contents that `objects` allows. Received: scenes={scenes}, "
            f"objects={objects!r}"
        )


def _pair(objects):
    pair = tuple(objects) if isinstance(objects, (tuple, list)) else ()
    if (
        len(pair) != 2
        or not all(isinstance(value, int) for value in pair)
        or not 1 <= pair[0] <= pair[1] <= len(POSITIONS)
    ):
        raise ValueError(
            "`objects` must be a pair of integers, least and greatest number "
            f"of objects, in 1..{len(POSITIONS)}. Received: objects={objects!r}"
        )
    return pair
