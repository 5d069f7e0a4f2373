import keras
from keras import ops

from keras_cmr.losses.batch_softmax import check_embeddings


@keras.saving.register_keras_serializable(package="keras_cmr")
class SoftTriplet(keras.losses.Loss):
    """Soft-margin triplet loss over the queries and targets of a batch.

    All `2 * batch` vectors are anchors. The positive of a query is its own
    target and the reverse; its negatives are all vectors, queries and
    targets, with another label. With squared distances `d`, the loss is the
    mean over the triplets of

        log(1 + exp(d(anchor, positive) - d(anchor, negative)))

    Vectors of equal label are neither positives nor negatives of each other,
    except the own pair. An anchor with fewer than `num_triplets` negatives
    gives those it has; a batch without any has loss 0.

    The draw of the negatives is a fixed pattern of positions, a function of
    `seed`, the batch size and the backend. It is as random as the order of
    the batch: shuffle the data. In return the loss has no hidden state, which
    a compiled step on JAX would freeze and a checkpoint would miss: a batch
    has one loss, and a resumed run repeats it.

    Labels are compared after Keras has turned them into float32: keep them
    below 2**24.

    Args:
        num_triplets: int. Negatives drawn for each anchor, without
            replacement. `None` takes them all. Defaults to `3`.
        seed: int. Seed of the draw. Defaults to `0`.
        name: string. Name of the loss.
        **kwargs: Passed to `keras.losses.Loss`: `reduction`, `dtype`.

    Call arguments:
        y_true: Integer tensor of shape `(batch,)`: the content label of each
            target.
        y_pred: Float tensor of shape `(batch, 2, dim)`: the query and the
            target embedding of each row.

    Returns:
        Scalar loss, float32.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    labels = np.array([7, 8, 7])
    embeddings = np.random.normal(size=(3, 2, 16))
    loss = keras_cmr.losses.SoftTriplet()(labels, embeddings)
    ```

    Reference:
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119)
    """

    def __init__(self, num_triplets=3, seed=0, name="soft_triplet", **kwargs):
        super().__init__(name=name, **kwargs)
        if num_triplets is not None and num_triplets < 1:
            raise ValueError(
                "`num_triplets` must be a positive integer or `None`. "
                f"Received: num_triplets={num_triplets}"
            )
        if not isinstance(seed, int):
            raise TypeError(
                "`seed` must be an integer, for the draw is a function of it. "
                f"Received: seed={seed}"
            )
        self.num_triplets = num_triplets
        self.seed = seed

    def call(self, y_true, y_pred):
        check_embeddings(tuple(y_true.shape), tuple(y_pred.shape))
        embeddings = ops.cast(y_pred, "float32")
        queries, targets = embeddings[:, 0], embeddings[:, 1]
        anchors = ops.concatenate([queries, targets], axis=0)
        labels = ops.concatenate([y_true, y_true], axis=0)

        own = ops.sum(ops.square(queries - targets), axis=-1)
        own = ops.concatenate([own, own], axis=0)
        norms = ops.sum(ops.square(anchors), axis=-1)
        products = ops.matmul(anchors, ops.transpose(anchors))
        distances = norms[:, None] + norms[None, :] - 2.0 * products

        chosen = self._draw(ops.not_equal(labels[:, None], labels[None, :]))
        terms = ops.where(chosen, ops.softplus(own[:, None] - distances), 0.0)
        triplets = ops.sum(ops.cast(chosen, "float32"))
        # A query's row carries the triplets of its two anchors, weighted so
        # that the mean over the rows is the mean over the triplets.
        rows = ops.sum(ops.reshape(ops.sum(terms, axis=1), (2, -1)), axis=0)
        batch = ops.cast(ops.shape(queries)[0], "float32")
        return rows * batch / ops.maximum(triplets, 1.0)

    def _draw(self, negatives):
        if self.num_triplets is None:
            return negatives
        size = ops.shape(negatives)[0]
        keys = keras.random.uniform(
            (size, size), dtype="float32", seed=self.seed
        )
        keys = ops.where(negatives, keys, -1.0)
        # Padded so that `top_k` has enough columns in the smallest batch.
        padded = ops.pad(
            keys, ((0, 0), (0, self.num_triplets)), constant_values=-1.0
        )
        least = ops.top_k(padded, self.num_triplets)[0][:, -1:]
        return ops.logical_and(negatives, keys >= least)

    def get_config(self):
        return {
            **super().get_config(),
            "num_triplets": self.num_triplets,
            "seed": self.seed,
        }
