"""Does a hit keep what should stay, and show what was asked?"""

import dataclasses

import numpy as np

from keras_cmr.evaluation.diagnosis.scenes import EMPTY


@dataclasses.dataclass(frozen=True, eq=False)
class Verdict:
    """What hits show of the reference and of the change.

    What reference and target have in common should be kept; where they
    differ is the change. So `kept & changed` is True exactly where the hit
    shows the scene of the target.

    Args:
        kept: Bool array. Nothing that should stay differs, empty cells
            included.
        changed: Bool array. Everything that was to change has changed.
        objects: Float array. Share of the untouched objects that the hit
            shows in their cell with all attributes; NaN where there is none.
        attributes: Float array. Share of the untouched attributes (size,
            colour, shape; also those of an object of which another attribute
            changes) that the hit shows in that cell; NaN where there is none.
        extra: Int array. Objects in cells that should be empty.
    """

    kept: np.ndarray
    changed: np.ndarray
    objects: np.ndarray
    attributes: np.ndarray
    extra: np.ndarray


def judge(reference, target, hit):
    """A `Verdict` on every hit.

    Args:
        reference: Int array `(..., cells, 3)`, codes of `Scenes`.
        target: Int array of the same shape.
        hit: Int array of the same shape, or one that broadcasts with it.

    Returns:
        `Verdict` of arrays `(...)`.
    """
    same = reference == target  # (..., cells, 3)
    right = hit == target
    there = (reference[..., 0] != EMPTY) & (target[..., 0] != EMPTY)
    untouched = there & same.all(axis=-1)
    stays = there[..., None] & same
    empty = (reference[..., 0] == EMPTY) & (target[..., 0] == EMPTY)
    return Verdict(
        kept=(right | ~same).all(axis=(-2, -1)),
        changed=(right | same).all(axis=(-2, -1)),
        objects=_share(right.all(axis=-1), untouched, axis=-1),
        attributes=_share(right, stays, axis=(-2, -1)),
        extra=(empty & (hit[..., 0] != EMPTY)).sum(axis=-1),
    )


def _share(good, of, axis):
    """Share of the entries `of` that are good; NaN where there are none."""
    good, of = np.broadcast_arrays(good, of)
    count = of.sum(axis=axis)
    return np.where(
        count > 0, (good & of).sum(axis=axis) / np.maximum(count, 1), np.nan
    )
