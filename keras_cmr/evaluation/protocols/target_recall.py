"""Recall of named images: the rule of FashionIQ, CIRR, Shoes and own data."""

import numpy as np

from keras_cmr.evaluation.protocols.protocol import Protocol
from keras_cmr.evaluation.target_ranking import target_ranks

SEARCHED = {
    "split": "The gallery is every image of the split",
    "union": (
        "The gallery is the references and targets of all queries, and no "
        "other image of the split"
    ),
}


class TargetRecall(Protocol):
    """Recall at k of the image that the benchmark names as right.

    Args:
        name: str. Public name of the rule.
        ks: Tuple of int. Places up to which hits are counted.
        source: str. Where the rule was read.
        reference: str. `"kept"`: the query's own reference image may be found
            and stand before the target. `"removed"`: it is not searched.
        gallery: str. `"split"`, every image of the split, or `"union"`, the
            references and targets of its queries. Defaults to `"split"`.
        any_target: bool. If True, any of the named targets is right, else
            only the one that the query was made for. Defaults to `False`.
    """

    version = 1
    needs = ("queries.references", "queries.targets")

    def __init__(
        self,
        name,
        ks,
        source,
        reference,
        gallery="split",
        any_target=False,
    ):
        self.name, self.ks, self.source = name, ks, source
        self.reference, self.gallery = reference, gallery
        self.any_target = any_target
        right = (
            "any image that the query names as right"
            if any_target
            else "the image that the query was made for, by its id"
        )
        self.description = (
            f"{SEARCHED[gallery]}, scored by cosine; the query's own reference "
            f"image is {reference}. A query is a hit at k if its top k "
            f"candidates hold {right}. R@k for k = {', '.join(map(str, ks))} "
            "is the share of hits over all queries. Ties count against the "
            "model."
        )

    def num_candidates(self, split):
        searched = self.search_space(split).get("gallery")
        if searched is None:
            return super().num_candidates(split)
        return len(searched)

    def search_space(self, split):
        space = {}
        if self.reference == "removed":
            space["excluded"] = split.queries.references
        if self.gallery == "union":
            targets = [image for own in self.right(split) for image in own]
            space["gallery"] = np.union1d(split.queries.references, targets)
        return space

    def right(self, split):
        if self.any_target:
            return split.queries.targets
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
