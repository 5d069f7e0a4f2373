import keras
from keras import ops


class MutualInformationLoss(keras.losses.Loss):
    """Base class of the mutual-information losses.

    A discriminator has scored every query against every target of the batch;
    `scores[i, j]` belongs to query `i` and target `j`. The diagonal holds the
    pairs that belong together, always. The mask says which other pairs are
    true negatives; a pair that is neither is left out of the value and of the
    gradient, whatever its score is, NaN included. Entries of the mask on the
    diagonal are ignored. Position scores `scores[i, j, y, x]` are averaged
    over the positions.

    The loss is minus the estimate, so `-loss(negatives, scores)` is the
    mutual information in nats. Everything is computed in float32. Under
    `tf.distribute` a Keras loss divides by the number of replicas, so that
    the *sum* over replicas is the estimate.

    Subclasses implement `row_estimates`.

    Args:
        name: string. Name of the loss.
        reduction, dtype: See `keras.losses.Loss`.

    Call arguments:
        y_true: Mask of shape `(batch, batch)`, true for the true negatives.
        y_pred: Float tensor of scores, `(batch, batch)` or
            `(batch, batch, height, width)`.

    Returns:
        Scalar, minus the estimate in nats.
    """

    def call(self, y_true, y_pred):
        check_shapes(tuple(y_true.shape), tuple(y_pred.shape))
        batch = ops.shape(y_pred)[0]
        scores = ops.reshape(ops.cast(y_pred, "float32"), (batch, batch, -1))
        index = ops.arange(batch)
        own = ops.equal(index[:, None], index[None, :])
        negatives = ops.logical_and(
            ops.cast(y_true, "bool"), ops.logical_not(own)
        )
        used = ops.logical_or(own, negatives)
        # The subclass drops the unused pairs itself, after its nonlinearity.
        # This line only keeps a NaN of theirs out of the gradient.
        scores = ops.where(used[:, :, None], scores, 0.0)
        return -self.row_estimates(
            scores, own[:, :, None], negatives[:, :, None]
        )

    def row_estimates(self, scores, own, negatives):
        """One estimate per query; their mean is the estimate of the batch.

        Args:
            scores: Float32 tensor of shape `(batch, batch, positions)`.
            own: Bool tensor of shape `(batch, batch, 1)`, the diagonal.
            negatives: Bool tensor of shape `(batch, batch, 1)`.

        Returns:
            Float32 tensor of shape `(batch,)`.
        """
        raise NotImplementedError


def check_shapes(negatives_shape, scores_shape):
    if len(scores_shape) not in (2, 4) or scores_shape[0] != scores_shape[1]:
        raise ValueError(
            "The scores `y_pred` must have shape `(batch, batch)` or "
            "`(batch, batch, height, width)`. "
            f"Received: y_pred.shape={scores_shape}"
        )
    if len(negatives_shape) != 2 or any(
        None not in (a, b) and a != b
        for a, b in zip(negatives_shape, scores_shape[:2], strict=True)
    ):
        raise ValueError(
            "The mask of negatives `y_true` must have shape `(batch, batch)` "
            f"like the scores. Received: y_true.shape={negatives_shape}, "
            f"y_pred.shape={scores_shape}"
        )
