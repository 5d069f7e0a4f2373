"""`tirg/caption-match`: the content counts, not the image."""

from keras_cmr.evaluation.protocols.protocol import Protocol
from keras_cmr.evaluation.ranking import first_hit_ranks


class CaptionMatch(Protocol):
    """Recall at k by equality of labels, the rule of the TIRG reference code.

    Reference:
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119)
    """

    name = "tirg/caption-match"
    version = 1
    description = (
        "The gallery is every image of the split, scored by cosine. Only the "
        "query's own reference image is removed: that one image, not others "
        "of the same content. A query is a hit at k if any of its top k "
        "candidates has the label (caption) of the target. R@k for k = 1, 5, "
        "10, 50, 100 is the share of hits over all queries; a query without "
        "any valid candidate is a miss. Ties count against the model."
    )
    source = "test_retrieval.py of github.com/google/tirg"
    needs = ("images.labels", "queries.references", "queries.target_labels")
    ks = (1, 5, 10, 50, 100)

    def num_without_answer(self, queries):
        return int((queries.target_labels < 0).sum())

    def search_space(self, split):
        return {"excluded": split.queries.references}

    def rank(self, split, queries, candidates, chunk_size=None, verbose=0):
        return first_hit_ranks(
            queries,
            candidates,
            target_labels=split.queries.target_labels,
            candidate_labels=split.images.labels,
            **self.search_space(split),
            chunk_size=chunk_size,
            verbose=verbose,
        )
