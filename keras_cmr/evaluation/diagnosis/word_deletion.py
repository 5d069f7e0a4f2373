"""What a query loses with each word of its text."""

import dataclasses

import numpy as np

from keras_cmr.evaluation.bootstrap import bootstrap_figures
from keras_cmr.evaluation.diagnosis.deletions import deletions
from keras_cmr.evaluation.diagnosis.pairs import reference_blocks
from keras_cmr.evaluation.diagnosis.pairs import unique_texts
from keras_cmr.evaluation.target_ranking import target_ranks
from keras_cmr.evaluation.top_hits import margins
from keras_cmr.words import word_spans


@dataclasses.dataclass(frozen=True, eq=False)
class WordDeletion:
    """One row a deletion: the whole text's outcome and the shorter one's.

    Args:
        rows: Int array `(deletions,)`. The query of each.
        words: Str array. The word that was left out.
        roles: Str array. Its class.
        places: Int array. Which word of the text it was, -1 for a phrase.
        drops: Float array. By how much the margin fell: the cosine with the
            best right image less that with the best wrong one. Negative where
            it rose.
        whole: Int array. Rank of the best right image with the whole text.
        ranks: Int array. The same without the word.
    """

    rows: np.ndarray
    words: np.ndarray
    roles: np.ndarray
    places: np.ndarray
    drops: np.ndarray
    whole: np.ndarray
    ranks: np.ndarray

    def table(self, by, resamples, seed):
        """Rows of `by` (`"roles"` or `"words"`), the greatest drop first.

        A query whose text has the word, or words of the class, several times
        counts once, with the mean of these deletions.

        Returns:
            Dict of name -> `{"n", "drop", "R@1", "R@1 without", "rank",
            "rank without"}`: queries, mean drop, estimates of two shares with
            the interval of their `"difference"`, and median ranks.
        """
        names = getattr(self, by)
        table = {}
        for name in np.unique(names):
            chosen = names == name
            whole, ranks, drops, before, after = (
                _by_query(self.rows[chosen], values[chosen])
                for values in (
                    self.whole,
                    self.ranks,
                    self.drops,
                    self.whole == 1,
                    self.ranks == 1,
                )
            )
            figures = bootstrap_figures(
                {
                    "R@1": before,
                    "R@1 without": after,
                    "difference": after - before,
                },
                resamples,
                seed,
            )
            table[str(name)] = {
                "n": len(whole),
                "drop": float(drops.mean()),
                **figures,
                "rank": float(np.median(whole)),
                "rank without": float(np.median(ranks)),
            }
        return dict(sorted(table.items(), key=lambda item: -item[1]["drop"]))

    def shading(self, row, text):
        """A text in pieces, each with the drop of its word.

        Returns:
            List of `(piece, drop)`; the drop of what is no word is 0. Empty
            if the query was not looked at.
        """
        chosen = (self.rows == row) & (self.places >= 0)
        if not chosen.any():
            return []
        places, drops = self.places[chosen].tolist(), self.drops[chosen]
        drop = dict(zip(places, drops.tolist(), strict=True))
        pieces, start = [], 0
        for place, (first, last) in enumerate(word_spans(text)):
            pieces.append((text[start:first], 0.0))
            pieces.append((text[first:last], drop[place]))
            start = last
        pieces.append((text[start:], 0.0))
        return [piece for piece in pieces if piece[0]]


def _by_query(rows, values):
    """The mean of each query's values: it counts once, however many it has."""
    _, place, counts = np.unique(rows, return_inverse=True, return_counts=True)
    return np.bincount(place, values) / counts


def delete_words(
    stages, split, rule, rows, queries, candidates, ranks, roles, batch_size
):
    """Rank each query again without each of its words.

    Every reference image and every distinct text is embedded once.

    Args:
        stages: `keras_cmr.models.QueryStages`.
        split: `Split`.
        rule: `Protocol`, which says what is searched and what is right.
        rows: Int array, growing. The queries to look at.
        queries: Float array `(num_queries, dim)`, unit rows.
        candidates: Float array `(num_images, dim)`, unit rows.
        ranks: Int array `(num_queries,)`, of the whole texts.
        roles: Function from a text to the role of each of its words.
        batch_size: int. Images embedded at once.

    Returns:
        `WordDeletion`, or `None` if no text has two words.
    """
    texts = split.queries.modifications
    made = [(row, d) for row in rows for d in deletions(str(texts[row]), roles)]
    if not made:
        return None
    own = np.array([row for row, _ in made])
    shorter = _embed(
        stages, split, rows, own, [d.text for _, d in made], batch_size
    )
    right = rule.right(split)
    place = np.searchsorted(rows, own)
    margin = margins(
        queries[rows],
        candidates,
        [right[row] for row in rows],
        **_for_queries(rule.search_space(split), rows),
    )
    asked = [right[row] for row in own]
    space = _for_queries(rule.search_space(split), own)
    return WordDeletion(
        rows=own,
        words=np.array([d.word for _, d in made]),
        roles=np.array([d.role for _, d in made]),
        places=np.array([d.place for _, d in made]),
        drops=margin[place] - margins(shorter, candidates, asked, **space),
        whole=ranks[own],
        ranks=target_ranks(shorter, candidates, asked, **space),
    )


def _embed(stages, split, rows, own, texts, batch_size):
    """Query embeddings of the shorter texts."""
    features = unique_texts(stages, texts, batch_size)
    embedded = None
    for chosen, images in reference_blocks(stages, split, rows, batch_size):
        theirs = np.flatnonzero(np.isin(own, rows[chosen]))
        place = np.searchsorted(rows[chosen], own[theirs])
        found = stages.fuse(images[place], features[theirs], batch_size)
        if embedded is None:
            embedded = np.zeros((len(own), found.shape[1]), "float32")
        embedded[theirs] = found
    return embedded


def _for_queries(space, rows):
    """A search space whose entries of each query are those of `rows`."""
    space = dict(space)
    if "excluded" in space:
        space["excluded"] = np.asarray(space["excluded"])[rows]
    if "subsets" in space:
        space["subsets"] = [space["subsets"][row] for row in rows]
    return space
