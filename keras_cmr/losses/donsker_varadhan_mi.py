import keras
from keras import ops

from keras_cmr.losses.mutual_information_loss import MutualInformationLoss


@keras.saving.register_keras_serializable(package="keras_cmr")
class DonskerVaradhanMI(MutualInformationLoss):
    """Donsker-Varadhan estimate of mutual information, as a loss.

    With `T` the score, `P` the diagonal and `Q` the true negatives:

        I = E_P[T] - log E_Q[exp T]

    and the loss is `-I`. In expectation over many pairs `I` is a lower bound
    of the mutual information and can reach it. In one batch the logarithm of
    a small mean is biased upwards and noisy, so the figure of a single batch
    may exceed the truth. A batch without negatives has nothing to compare
    with: its estimate is 0 and it has no gradient.

    Args:
        name: string. Name of the loss.
        **kwargs: Passed to `keras.losses.Loss`: `reduction`, `dtype`.

    Call arguments:
        y_true: Mask of shape `(batch, batch)`, true for the true negatives.
        y_pred: Float tensor of scores, `(batch, batch)` or
            `(batch, batch, height, width)`.

    Returns:
        Scalar, minus the estimate in nats.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    scores = np.array([[3.0, -2.0], [-1.0, 4.0]])
    negatives = np.array([[False, True], [True, False]])
    loss = keras_cmr.losses.DonskerVaradhanMI()(negatives, scores)
    ```

    Reference:
    - [Belghazi et al., 2018](https://arxiv.org/abs/1801.04062)
    - [Hjelm et al., 2019](https://arxiv.org/abs/1808.06670)
    """

    def __init__(self, name="donsker_varadhan_mi", **kwargs):
        super().__init__(name=name, **kwargs)

    def row_estimates(self, scores, own, negatives):
        positives = ops.mean(ops.sum(ops.where(own, scores, 0.0), axis=1), 1)
        positions = ops.cast(ops.shape(scores)[2], "float32")
        count = positions * ops.sum(ops.cast(negatives, "float32"))
        # -1e30 rather than -inf keeps a batch without negatives finite.
        log_sum = ops.logsumexp(ops.where(negatives, scores, -1e30))
        log_mean = log_sum - ops.log(ops.maximum(count, 1.0))
        return ops.where(count > 0, positives - log_mean, 0.0)
