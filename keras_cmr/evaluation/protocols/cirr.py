"""`cirr/val` and `cirr/subset`."""

import numpy as np

from keras_cmr.evaluation.protocols.figures import recalls
from keras_cmr.evaluation.protocols.protocol import Protocol
from keras_cmr.evaluation.protocols.target_recall import TargetRecall
from keras_cmr.evaluation.target_ranking import target_ranks

SOURCE = (
    "src/validate.py of github.com/ABaldrati/CLIP4Cir "
    "(`compute_cirr_val_metrics`); Test-split_server.md of "
    "github.com/Cuberick-Orion/CIRR"
)


class SubsetRecall(Protocol):
    """Recall at k among the few images that CIRR shows with the reference.

    A random order of five images has R_s@1 = 20 %.
    """

    name = "cirr/subset"
    version = 1
    description = (
        "Each query ranks only the other images of the group of six that its "
        "reference stands in, by cosine. A query is a hit at k if the image "
        "it was made for is among the first k. R_s@k for k = 1, 2, 3 is the "
        "share of hits over all queries. Ties count against the model."
    )
    source = SOURCE
    needs = ("queries.references", "queries.targets", "queries.subsets")
    ks = (1, 2, 3)

    def num_candidates(self, split):
        return max(map(len, split.queries.subsets))

    def search_space(self, split):
        return {
            "excluded": np.asarray(split.queries.references),
            "subsets": split.queries.subsets,
        }

    def right(self, split):
        return [own[:1] for own in split.queries.targets]

    def rank(self, split, queries, candidates, chunk_size=None, verbose=0):
        return target_ranks(
            queries,
            candidates,
            self.right(split),
            chunk_size=chunk_size,
            verbose=verbose,
            **self.search_space(split),
        )

    def outcomes(self, ranks):
        return recalls(ranks, self.ks, "R_s")


def cirr_protocols():
    """The two rules for the split whose answers are public."""
    whole = TargetRecall(
        name="cirr/val", ks=(1, 5, 10, 50), source=SOURCE, reference="removed"
    )
    return [whole, SubsetRecall()]
