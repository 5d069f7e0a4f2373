"""A gallery's images inside an exported graph."""

import numpy as np
import tensorflow as tf

ENGINES = ("exact", "scann")


class Candidates(tf.Module):
    """Ids and embeddings, searched by inner product.

    Args:
        gallery: `keras_cmr.retrieval.Gallery`.
        engine: `"exact"` or `"scann"`.
    """

    def __init__(self, gallery, engine):
        super().__init__()
        parts = list(gallery.rows())
        if not parts:
            raise ValueError(
                "`gallery` must hold at least one image. Received: an empty one"
            )
        ids = [id for part in parts for id in part.ids]
        vectors = np.concatenate([part.vectors for part in parts])
        # A variable and no constant: a graph holds at most 2 GB of these.
        self._ids = tf.Variable(ids, trainable=False, name="ids")
        self._count = len(ids)
        if engine == "scann":
            # Imported late: its ops fit TensorFlow 2.20 alone.
            from keras_cmr.export.scann_searcher import ScannSearcher

            self._searcher = ScannSearcher(vectors)
        else:
            self._searcher = _Exact(vectors)
        self.card = {
            "images": self._count,
            "engine": engine,
            **self._searcher.card,
        }

    def search(self, queries, k):
        """Ids and cosines, `(n, min(k, images))`, the best first."""
        check = tf.debugging.Assert(k > 0, ["`k` must be at least 1"])
        with tf.control_dependencies([check]):
            k = tf.minimum(k, self._count)
        rows, scores = self._searcher(queries, k)
        shape = (None, None)
        ids = tf.gather(self._ids, tf.ensure_shape(rows, shape))
        return ids, tf.ensure_shape(scores, shape)


class _Exact(tf.Module):
    card = {}  # noqa: RUF012 - nothing to say

    def __init__(self, vectors):
        super().__init__()
        self._vectors = tf.Variable(vectors, trainable=False, name="images")

    def __call__(self, queries, k):
        scores = tf.matmul(queries, self._vectors, transpose_b=True)
        best = tf.math.top_k(scores, k)
        return best.indices, best.values
