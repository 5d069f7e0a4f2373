"""By what queries are sorted into slices, beyond kind and seen."""

import numpy as np

from keras_cmr.datasets.css.word_roles import named_position
from keras_cmr.evaluation.diagnosis.scenes import EMPTY
from keras_cmr.words import split_words

LENGTHS = ((1, "1"), (3, "2-3"), (6, "4-6"), (10, "7-10"))
LONGER = "11 or more"


def length_groups(split):
    """Slices by the number of words of the text."""

    def name(text):
        count = len(split_words(text))
        return next((n for most, n in LENGTHS if count <= most), LONGER)

    texts = split.queries.modifications.tolist()
    return {"words": np.array([name(text) for text in texts])}


def scene_groups(split, scenes, known):
    """Slices that ask for the objects of the images.

    Args:
        split: `Split`.
        scenes: `Scenes` of its images.
        known: Set of (shape, colour) pairs that training shows, or `None`.

    Returns:
        Dict of group name -> str array `(num_queries,)`: `"position"`, the
        word for the cell in the text, or `"none"`; `"objects"`, how many the
        reference has; and, with `known`, `"changed object"`: whether training
        shows the combination of shape and colour of the object that the text
        asks for, or of the one that it removes.
    """
    queries = split.queries
    reference = scenes.codes[queries.references]
    there = reference[..., 0] != EMPTY
    groups = {
        "position": np.array(
            [named_position(text) for text in queries.modifications.tolist()]
        ),
        "objects": there.sum(axis=1).astype(str),
    }
    if known is not None:
        target = scenes.codes[[own[0] for own in queries.targets]]
        groups["changed object"] = np.array(
            [
                "seen" if _changed(*pair, scenes.names) <= known else "novel"
                for pair in zip(reference, target, strict=True)
            ]
        )
    return groups


def _changed(reference, target, names):
    """(shape, colour) of each object that differs, in words."""
    _, colors, shapes = names
    differ = (reference != target).any(axis=-1)
    before, after = reference[differ], target[differ]
    shown = np.where(after[:, :1] == EMPTY, before, after)
    return {(shapes[shape], colors[color]) for _, color, shape in shown}
