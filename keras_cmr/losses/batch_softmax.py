import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_cmr")
class BatchSoftmax(keras.losses.Loss):
    """Softmax cross-entropy of each query over the targets of its batch.

    The logit of query `i` and target `j` is their inner product; the right
    answer is the diagonal. Embeddings are taken as they come: normalise them,
    and multiply by the learned scale, before. A target other than the row's
    own whose label equals the row's is no wrong answer, so it is left out of
    the denominator.

    The negatives are those of the batch. Under `tf.distribute` the loss by
    itself sees one replica's share of it; `keras_cmr.models.ComposedRetriever`
    gives it the whole batch. Labels are compared after Keras has turned them
    into float32: keep them below 2**24.

    Args:
        symmetric: bool. Whether to average with the softmax of each target
            over the queries. Defaults to `False`.
        name: string. Name of the loss.
        **kwargs: Passed to `keras.losses.Loss`: `reduction`, `dtype`.

    Call arguments:
        y_true: Integer tensor of shape `(batch,)`: the content label of each
            target.
        y_pred: Float tensor of shape `(batch, 2, dim)`: the query and the
            target embedding of each row.

    Returns:
        Scalar loss in nats, float32.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    labels = np.array([7, 8, 7])
    embeddings = np.random.normal(size=(3, 2, 16))
    loss = keras_cmr.losses.BatchSoftmax()(labels, embeddings)
    ```

    Reference:
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119)
    """

    def __init__(self, symmetric=False, name="batch_softmax", **kwargs):
        super().__init__(name=name, **kwargs)
        self.symmetric = symmetric

    def call(self, y_true, y_pred):
        check_embeddings(tuple(y_true.shape), tuple(y_pred.shape))
        embeddings = ops.cast(y_pred, "float32")
        queries, targets = embeddings[:, 0], embeddings[:, 1]
        index = ops.arange(ops.shape(queries)[0])
        own = ops.equal(index[:, None], index[None, :])
        same_label = ops.equal(y_true[:, None], y_true[None, :])
        kept = ops.logical_or(own, ops.logical_not(same_label))
        logits = ops.where(
            kept, ops.matmul(queries, ops.transpose(targets)), -1e30
        )
        losses = ops.logsumexp(logits, axis=1)
        if self.symmetric:
            losses = (losses + ops.logsumexp(logits, axis=0)) / 2
        return losses - ops.sum(ops.where(own, logits, 0.0), axis=1)

    def get_config(self):
        return {**super().get_config(), "symmetric": self.symmetric}


def check_embeddings(labels_shape, embeddings_shape):
    if len(embeddings_shape) != 3 or embeddings_shape[1] != 2:
        raise ValueError(
            "The embeddings `y_pred` must have shape `(batch, 2, dim)`: query "
            "and target of each row. "
            f"Received: y_pred.shape={embeddings_shape}"
        )
    if len(labels_shape) != 1 or (
        None not in (labels_shape[0], embeddings_shape[0])
        and labels_shape[0] != embeddings_shape[0]
    ):
        raise ValueError(
            "The labels `y_true` must have shape `(batch,)`, one a row of "
            f"`y_pred`. Received: y_true.shape={labels_shape}, "
            f"y_pred.shape={embeddings_shape}"
        )
