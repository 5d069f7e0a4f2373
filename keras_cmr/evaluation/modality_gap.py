"""The modality gap: how far apart the kinds of embeddings lie."""

import dataclasses
import itertools

import numpy as np

from keras_cmr.evaluation.separability import separability

FOLDS = 5
KINDS = ("text", "reference", "query", "target")


@dataclasses.dataclass(frozen=True, eq=False)
class ModalityGap:
    """What was measured between every two kinds of embeddings.

    Args:
        num_queries: int. Queries that the embeddings are of.
        counts: Dict of kind to the number of distinct things embedded.
        pairs: Dict of `"text-target"` and the like to its figures:
            `"centroid_distance"`, from 0 to 2, between the mean embeddings;
            `"matched_cosine"`, the mean cosine of the two embeddings of one
            query; `"unmatched_cosine"`, that of two queries' embeddings; and
            `"separability"`, from about 0.5, alike, to 1.0, apart.
        embeddings: Dict of kind to its distinct embeddings, a float32 array
            `(n, dim)` of rows of length 1.
        model_fingerprint: str. Hash of the model.
        dataset_fingerprint: str. Hash of the split's content.
    """

    num_queries: int
    counts: dict
    pairs: dict
    embeddings: dict
    model_fingerprint: str
    dataset_fingerprint: str

    def to_dict(self):
        """Plain dict that fits into JSON; the embeddings are not in it."""
        return {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name != "embeddings"
        }

    def __str__(self):
        lines = [
            f"{self.num_queries:,} queries of the split",
            f"{'':<18}{'centroids':>10}{'matched':>9}{'others':>8}"
            f"{'told apart':>12}",
        ]
        for name, pair in self.pairs.items():
            lines.append(
                f"{name:<18}{pair['centroid_distance']:>10.3f}"
                f"{pair['matched_cosine']:>9.3f}"
                f"{pair['unmatched_cosine']:>8.3f}"
                f"{pair['separability']:>12.3f}"
            )
        return "\n".join(lines)


def modality_gap(model, split, max_queries=2000, batch_size=256, seed=0):
    """Measures how far texts, references, queries and targets lie apart.

    Every query gives four embeddings of length 1: its modification alone, its
    reference image and its first target image through the target encoder, and
    the composed query. A gap shows as centroids far from each other and kinds
    that a plane tells apart; matched pairs should still be nearer than
    others. The figures describe one model: a small gap is no merit by itself.

    Args:
        model: `ComposedRetriever`, or an object with its `embed_texts`,
            `embed_queries`, `embed_targets` and `fingerprint`.
        split: `Split`, for example `keras_cmr.datasets.load("css").test`.
        max_queries: int. Queries to take, drawn at random where the split has
            more. Defaults to `2000`.
        batch_size: int. Rows embedded at once. Defaults to `256`.
        seed: int. Seed of that draw and of the folds. Defaults to `0`.

    Returns:
        `ModalityGap`.

    Raises:
        ValueError: If the queries are too few for `separability`.
        ImportError: Without scikit-learn, with the command to install it.

    Example:

    ```python
    import keras_cmr

    css = keras_cmr.datasets.css.generate(scenes=20, verbose=0)
    model = keras_cmr.models.ComposedRetriever(
        keras_cmr.models.ImageEncoder(keras_cmr.models.small_resnet(), 64),
        keras_cmr.models.LSTMTextEncoder(css.train.vocabulary),
        fusion=keras_cmr.layers.TIRG(),
    )
    print(keras_cmr.evaluation.modality_gap(model, css.test, max_queries=30))
    ```
    """
    rows = _chosen_queries(split, max_queries, seed)
    queries = split.queries
    references = queries.references[rows]
    texts = queries.modifications[rows]
    targets = np.array([queries.targets[row][0] for row in rows])
    # Each distinct thing once: `places[kind][i]` is its row for query `i`.
    # Its group is the reference of the first query that it belongs to.
    distinct, places = {}, {"query": np.arange(len(rows))}
    groups = {"query": references}
    for kind, values in (
        ("text", texts),
        ("reference", references),
        ("target", targets),
    ):
        distinct[kind], firsts, places[kind] = np.unique(
            values, return_index=True, return_inverse=True
        )
        groups[kind] = references[firsts]
    few = {k: n for k in KINDS if (n := len(np.unique(groups[k]))) < FOLDS}
    if few:
        raise ValueError(
            f"`max_queries` and `split` must give each of {KINDS} {FOLDS} or "
            "more different references, among which the folds are divided. "
            f"Received: max_queries={max_queries}, which gives {few}"
        )
    reference_pixels = split.reference_pixels
    embeddings = {
        "text": model.embed_texts(
            distinct["text"].tolist(), batch_size=batch_size
        ),
        "reference": model.embed_targets(
            reference_pixels[distinct["reference"]], batch_size=batch_size
        ),
        "query": model.embed_queries(
            reference_pixels[references], texts.tolist(), batch_size=batch_size
        ),
        "target": model.embed_targets(
            split.images.pixels[distinct["target"]], batch_size=batch_size
        ),
    }
    return ModalityGap(
        num_queries=len(rows),
        counts={kind: len(embeddings[kind]) for kind in KINDS},
        pairs={
            f"{a}-{b}": {
                **_distances(
                    embeddings[a][places[a]], embeddings[b][places[b]]
                ),
                "separability": separability(
                    embeddings[a],
                    embeddings[b],
                    groups=(groups[a], groups[b]),
                    folds=FOLDS,
                    seed=seed,
                ),
            }
            for a, b in itertools.combinations(KINDS, 2)
        },
        embeddings=embeddings,
        model_fingerprint=model.fingerprint,
        dataset_fingerprint=split.fingerprint,
    )


def _chosen_queries(split, max_queries, seed):
    answered = [i for i, right in enumerate(split.queries.targets) if right]
    if max_queries < 2 or len(answered) < 2:
        raise ValueError(
            "`max_queries` and the queries of `split` with a known target "
            f"must be at least 2. Received: max_queries={max_queries} and "
            f"{len(answered)} queries"
        )
    if len(answered) > max_queries:
        draws = np.random.default_rng(seed)
        answered = np.sort(draws.choice(answered, max_queries, replace=False))
    return np.asarray(answered)


def _distances(first, second):
    """Figures of the rows of one query each: `first[i]` with `second[i]`."""
    first, second = first.astype("float64"), second.astype("float64")
    count = len(first)
    matched = np.einsum("id,id->", first, second)
    every = first.sum(axis=0) @ second.sum(axis=0)
    distance = np.linalg.norm(first.mean(axis=0) - second.mean(axis=0))
    return {
        "centroid_distance": float(distance),
        "matched_cosine": float(matched / count),
        "unmatched_cosine": float((every - matched) / (count * (count - 1))),
    }
