"""`mit-states/adjective` and `mit-states/noun`: half of the content counts."""

import numpy as np

from keras_cmr.evaluation.protocols.protocol import Protocol
from keras_cmr.evaluation.ranking import first_hit_ranks


class AttributeMatch(Protocol):
    """Recall at k by equality of one attribute of the images.

    Args:
        attribute: str. `"adjective"` or `"noun"`, a column of
            `Images.attributes`.
    """

    version = 1
    source = (
        "test_retrieval.py of github.com/google/tirg, `correct_adj` and "
        "`correct_noun`"
    )
    ks = (1, 5, 10, 50, 100)

    def __init__(self, attribute):
        self.attribute = attribute
        self.name = f"mit-states/{attribute}"
        self.description = (
            "As tirg/caption-match, but a query is a hit at k if any of its "
            f"top k candidates has the {attribute} of the target, whatever "
            "the rest of its caption."
        )
        self.needs = (
            f"images.attributes.{attribute}",
            "queries.references",
            "queries.targets",
        )

    def search_space(self, split):
        return {"excluded": split.queries.references}

    def right(self, split):
        codes = self._codes(split)
        members = {code: np.flatnonzero(codes == code) for code in set(codes)}
        # All right images of a query have the same adjective and noun.
        return [members[codes[own[0]]] for own in split.queries.targets]

    def rank(self, split, queries, candidates, chunk_size=None, verbose=0):
        codes = self._codes(split)
        # All right images of a query have the same adjective and noun.
        wanted = [own[0] for own in split.queries.targets]
        return first_hit_ranks(
            queries,
            candidates,
            target_labels=codes[wanted],
            candidate_labels=codes,
            chunk_size=chunk_size,
            verbose=verbose,
            **self.search_space(split),
        )

    def _codes(self, split):
        _, codes = np.unique(
            split.images.attributes[self.attribute], return_inverse=True
        )
        return codes
