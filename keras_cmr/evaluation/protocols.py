"""Protocols: named, versioned rules that say how a hit is counted."""

import difflib
import functools

from keras_cmr.evaluation.ranking import first_hit_ranks


class Protocol:
    """A named, versioned rule: what is searched, what is removed, what counts.

    A protocol turns embeddings into ranks and ranks into one number per query
    and figure; `evaluate` does everything else. A new rule is a subclass with
    the attributes below and `rank` and `outcomes`, registered in `PROTOCOLS`.
    Change `version` whenever the same embeddings could give other figures:
    reports of different versions are never compared.

    Attributes:
        name: str. Public name, `"<origin>/<rule>"`.
        version: int. Version of the rule.
        description: str. The rule in one paragraph.
        source: str. Where the rule was read.
        needs: Tuple of str. Columns that the split must have, such as
            `"images.labels"`.
    """

    name = ""
    version = 0
    description = ""
    source = ""
    needs = ()

    def check(self, split):
        """Raises `ValueError` if the split lacks a column that is needed."""
        missing = [
            column
            for column in self.needs
            if functools.reduce(
                lambda owner, field: getattr(owner, field, None),
                column.split("."),
                split,
            )
            is None
        ]
        if missing:
            raise ValueError(
                f"`protocol` {self.name!r} does not fit the split "
                f"{split.name!r}: it needs {', '.join(self.needs)}. "
                f"Received: a split without {', '.join(missing)}"
            )

    def rank(self, split, queries, candidates, chunk_size=None, verbose=0):
        """Ranks of unit query rows against unit rows of the split's images.

        Returns:
            int32 array of shape `(num_queries,)`: 1 is best, 0 says that the
            query has no valid candidate.
        """
        raise NotImplementedError

    def outcomes(self, ranks):
        """Dict of figure name -> float array `(num_queries,)` in [0, 1].

        The figure is the mean of the array. The first figure is the one in
        which `compare` counts wins and losses.
        """
        raise NotImplementedError


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

    def rank(self, split, queries, candidates, chunk_size=None, verbose=0):
        return first_hit_ranks(
            queries,
            candidates,
            target_labels=split.queries.target_labels,
            candidate_labels=split.images.labels,
            excluded=split.queries.references,
            chunk_size=chunk_size,
            verbose=verbose,
        )

    def outcomes(self, ranks):
        return {
            f"R@{k}": ((ranks >= 1) & (ranks <= k)).astype(float)
            for k in self.ks
        }


PROTOCOLS = {protocol.name: protocol for protocol in (CaptionMatch(),)}


def get_protocol(name):
    """The protocol of that name.

    Args:
        name: str. For example `"tirg/caption-match"`.

    Returns:
        A `Protocol`.
    """
    if name in PROTOCOLS:
        return PROTOCOLS[name]
    nearest = difflib.get_close_matches(str(name), PROTOCOLS, n=1, cutoff=0.3)
    hint = f"Did you mean {nearest[0]!r}? " if nearest else ""
    raise ValueError(
        f"`protocol` must be one of {', '.join(map(repr, PROTOCOLS))}. "
        f"{hint}Received: {name!r}"
    )
