"""Which queries a diagnosis shows."""

import dataclasses

import numpy as np

from keras_cmr.evaluation.diagnosis.outcomes import OUTCOMES

EACH = 2
RANKS = (("right at once", 1, 1), ("close", 2, 10), ("far", 11, None))


@dataclasses.dataclass(frozen=True, eq=False)
class Example:
    """A query that is shown.

    Args:
        row: int. Its place in the split.
        outcome: str. What the first hit is, or how far the right image is.
        rank: int. Of the best right image, 0 if there is none.
        hits: Int array. The images found, best first.
        scores: Float array. Their cosines.
        correct: Bool array. Which of them are right.
        verdicts: Str array. What each of them keeps and changes, or `None`.
        words: List of `(piece of the text, drop)`, empty if not known.
    """

    row: int
    outcome: str
    rank: int
    hits: np.ndarray
    scores: np.ndarray
    correct: np.ndarray
    verdicts: np.ndarray | None
    words: list


def choose(rows, ranks, outcomes):
    """A few queries of every outcome, those that come first.

    Args:
        rows: Int array. The queries to choose from.
        ranks: Int array `(num_queries,)`.
        outcomes: Str array `(num_queries,)`, or `None`: by rank then.

    Returns:
        List of `(row, outcome)`.
    """
    if outcomes is not None:
        classes = [(name, outcomes[rows] == name) for name in OUTCOMES]
    else:
        own = ranks[rows]
        classes = [
            (name, (own >= least) & (own <= (most or own.max())))
            for name, least, most in RANKS
        ]
    return [
        (int(row), name)
        for name, chosen in classes
        for row in rows[chosen][:EACH]
    ]
