"""ScaNN's TensorFlow ops over a gallery: the only module that imports them."""

import math
import warnings

import numpy as np
import tensorflow as tf

from keras_cmr.retrieval.scann import MINIMUM_ROWS
from keras_cmr.retrieval.scann import load_scann
from keras_cmr.retrieval.scann import num_leaves_for

_TRAINING_ROWS = 100_000
_QUERIES = 200
_K = 10


class ScannSearcher(tf.Module):
    """A tree with asymmetric hashing, re-ordered by the true scores.

    Without SOAR, which the ops do not have. The leaves to search are doubled
    until `recall_target` of the ten best are found for gallery vectors with
    noise: `card` says how many and what was reached.

    Args:
        vectors: Float32 array `(rows, dim)`, rows of length 1.
        recall_target: float. Defaults to `0.98`.
    """

    def __init__(self, vectors, recall_target=0.98):
        super().__init__()
        if len(vectors) < MINIMUM_ROWS:
            raise ValueError(
                f'`engine="scann"` needs at least {MINIMUM_ROWS} images: use '
                f'"exact". Received: a gallery of {len(vectors)}'
            )
        load_scann()  # an error that says what is missing
        from scann.scann_ops.py import scann_ops

        num_leaves = num_leaves_for(len(vectors))
        searcher = (
            scann_ops.builder(vectors, _K, "dot_product")
            .tree(
                num_leaves=num_leaves,
                num_leaves_to_search=num_leaves,
                training_sample_size=_TRAINING_ROWS,
                spherical=True,
            )
            .score_ah(
                math.ceil(vectors.shape[1] / 256),
                anisotropic_quantization_threshold=0.2,
                training_sample_size=_TRAINING_ROWS,
            )
            .reorder(10 * _K)
            .build()
        )
        queries, wanted = _questions(vectors)
        leaves = max(1, num_leaves // 32)
        while True:
            found, _ = searcher.search_batched(queries, leaves_to_search=leaves)
            recall = _overlap(wanted, found.numpy())
            if recall >= recall_target or leaves == num_leaves:
                break
            leaves = min(2 * leaves, num_leaves)
        if recall < recall_target:
            warnings.warn(
                f"ScaNN finds {recall:.3f} of the ten best, not "
                f'{recall_target}, on these embeddings: `engine="exact"` '
                "finds all",
                stacklevel=2,
            )
        self._leaves = leaves
        self._state = searcher.serialize_to_module()
        self._restored = scann_ops.searcher_from_module
        self.card = {
            "leaves": num_leaves,
            "leaves_searched": leaves,
            f"recall@{_K}": recall,
            "recall_queries": len(queries),
        }

    def __call__(self, queries, k):
        rows, scores = self._restored(self._state).search_batched(
            queries,
            final_num_neighbors=k,
            pre_reorder_num_neighbors=10 * k,
            leaves_to_search=self._leaves,
        )
        # A place that ScaNN could not fill holds id 0 and a NaN score.
        filled = tf.reduce_all(~tf.math.is_nan(scores))
        check = tf.debugging.Assert(
            filled, ["ScaNN's leaves hold fewer than `k` images: lower it"]
        )
        with tf.control_dependencies([check]):
            return tf.cast(rows, tf.int32), tf.identity(scores)


def _questions(vectors):
    """Noisy rows as queries, and the rows that are truly nearest them."""
    random = np.random.default_rng(0)
    chosen = random.choice(len(vectors), min(_QUERIES, len(vectors)), False)
    noise = random.normal(size=(len(chosen), vectors.shape[1]))
    noise *= 0.5 / np.linalg.norm(noise, axis=1, keepdims=True)
    queries = vectors[chosen] + noise
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    queries = queries.astype("float32")
    scores = queries @ vectors.T
    return queries, np.argpartition(-scores, _K, axis=1)[:, :_K]


def _overlap(wanted, found):
    shares = [len(set(a) & set(b)) for a, b in zip(wanted, found, strict=True)]
    return float(np.mean(shares)) / _K
