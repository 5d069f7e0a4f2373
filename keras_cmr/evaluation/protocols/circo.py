"""`circo/kept` and `circo/removed`: several right images a query."""

from keras_cmr.evaluation.protocols.figures import average_precisions
from keras_cmr.evaluation.protocols.protocol import Protocol
from keras_cmr.evaluation.target_ranking import target_ranks

SOURCES = {
    "kept": (
        "src/validate.py of github.com/miccunifi/SEARLE "
        "(`circo_compute_val_metrics`); src/evaluation.py of "
        "github.com/miccunifi/CIRCO"
    ),
    "removed": (
        "src/test/blip/circo.py of github.com/lucas-ventura/CoVR (100 is "
        "taken off the reference's score)"
    ),
}


class MeanAveragePrecision(Protocol):
    """Average precision of all right images, cut at k.

    Args:
        reference: str. `"kept"` or `"removed"`, the fate of the query's own
            reference image.
    """

    version = 1
    needs = ("queries.references", "queries.targets")
    ks = (5, 10, 25, 50)

    def __init__(self, reference):
        self.reference = reference
        self.name = f"circo/{reference}"
        self.source = SOURCES[reference]
        self.description = (
            "The gallery is every image of the split, scored by cosine; the "
            f"query's own reference image is {reference}. mAP@k for k = 5, 10, "
            "25, 50 is the mean over queries of the sum of the precisions at "
            "the right images among the first k, divided by the number of "
            "right images or by k, whichever is less. Right images that are "
            "missing, or removed as reference, are not in that number. Ties "
            "count against the model."
        )

    def search_space(self, split):
        removed = self.reference == "removed"
        return {"excluded": split.queries.references} if removed else {}

    def rank(self, split, queries, candidates, chunk_size=None, verbose=0):
        return target_ranks(
            queries,
            candidates,
            self.right(split),
            every=True,
            chunk_size=chunk_size,
            verbose=verbose,
            **self.search_space(split),
        )

    def outcomes(self, ranks):
        return average_precisions(ranks, self.ks)


def circo_protocols():
    """The two rules for the split whose answers are public."""
    return [MeanAveragePrecision(reference) for reference in SOURCES]
