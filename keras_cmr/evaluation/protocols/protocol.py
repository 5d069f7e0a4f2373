"""What every protocol is."""

import functools
from collections.abc import Mapping

from keras_cmr.evaluation.protocols.figures import recalls


class Protocol:
    """A named, versioned rule: what is searched, what is removed, what counts.

    A protocol turns embeddings into ranks and ranks into one number per query
    and figure; `evaluate` does everything else. A new rule is a subclass with
    the attributes below and `rank`, registered in `PROTOCOLS`. Change
    `version` whenever the same embeddings could give other figures: reports of
    different versions are never compared.

    Attributes:
        name: str. Public name, `"<origin>/<rule>"`.
        version: int. Version of the rule.
        description: str. The rule in one paragraph.
        source: str. Where the rule was read.
        needs: Tuple of str. Columns that the split must have, such as
            `"images.labels"`.
        ks: Tuple of int. Places up to which hits are counted.
    """

    name = ""
    version = 0
    description = ""
    source = ""
    needs = ()
    ks = ()

    def check(self, split):
        """Raises `ValueError` if the rule can't judge the split."""
        missing = [
            column for column in self.needs if _column(split, column) is None
        ]
        if missing:
            raise ValueError(
                f"`protocol` {self.name!r} does not fit the split "
                f"{split.name!r}: it needs {', '.join(self.needs)}. "
                f"Received: a split without {', '.join(missing)}"
            )
        secret = self.num_without_answer(split.queries)
        if secret:
            raise ValueError(
                f"`protocol` {self.name!r} does not fit the split "
                f"{split.name!r}: it needs the answer of every query. "
                f"Received: {secret:,} of {len(split.queries.references):,} "
                "queries without one. Answers that the organisers keep to "
                "themselves are judged by their server: write the file that it "
                "takes with `keras_cmr.evaluation.write_cirr` or `write_circo`"
            )

    def num_without_answer(self, queries):
        """How many queries name no right image."""
        return sum(not own for own in queries.targets)

    def num_candidates(self, split):
        """How many images are searched, before the reference is removed."""
        return len(split.images.labels)

    def search_space(self, split):
        """What each query searches: keyword arguments of `target_ranks`.

        Returns:
            Dict of `"excluded"`, `"gallery"` and `"subsets"`, without those
            that the rule has no use for.
        """
        return {}

    def right(self, split):
        """Sequence of `num_queries` sequences of the right images' indices."""
        return split.queries.targets

    def rank(self, split, queries, candidates, chunk_size=None, verbose=0):
        """Ranks of unit query rows against unit rows of the split's images.

        Returns:
            int32 array of shape `(num_queries,)`, the rank of the best right
            image: 1 is best, 0 says that none can be found. For a rule that
            counts several right images, `(num_queries, most)`: the ranks of
            all of them, growing, filled up with 0.
        """
        raise NotImplementedError

    def outcomes(self, ranks):
        """Dict of figure name -> float array `(num_queries,)` in [0, 1].

        The figure is the mean of the array. The first figure is the one in
        which `compare` counts wins and losses.
        """
        return recalls(ranks, self.ks)


def _column(split, path):
    """`split.images.attributes["noun"]` for `"images.attributes.noun"`."""

    def step(owner, field):
        if isinstance(owner, Mapping):
            return owner.get(field)
        return getattr(owner, field, None)

    return functools.reduce(step, path.split("."), split)
