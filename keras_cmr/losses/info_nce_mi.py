import keras
from keras import ops

from keras_cmr.losses.mutual_information_loss import MutualInformationLoss


@keras.saving.register_keras_serializable(package="keras_cmr")
class InfoNCEMI(MutualInformationLoss):
    """InfoNCE estimate of mutual information, as a loss.

    Query `i` has to tell its own target from the others. With `T` the score,
    for every position `u` of its own target:

        I[i, u] = T[i, i, u] + log(N[i])
                  - log(exp T[i, i, u] + sum over (j, v) of exp T[i, j, v])

    where `j` runs over the true negatives of row `i`, `v` over all their
    positions and `N[i]` counts the terms inside the logarithm. `I` is the
    mean over `i` and `u`; the loss is `-I`. The competitors of a row are
    targets; give the transposed scores for the other direction.

    The estimate cannot exceed `log N`, so small batches hide large
    dependence. For vectors it is a lower bound of the mutual information;
    for maps the positions of one map depend on each other, and it is a
    training signal rather than a bound. A row without negatives counts as 0
    and has no gradient.

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
    loss = keras_cmr.losses.InfoNCEMI()(negatives, scores)
    ```

    Reference:
    - [van den Oord et al., 2018](https://arxiv.org/abs/1807.03748)
    - [Hjelm et al., 2019](https://arxiv.org/abs/1808.06670)
    """

    def __init__(self, name="info_nce_mi", **kwargs):
        super().__init__(name=name, **kwargs)

    def row_estimates(self, scores, own, negatives):
        positives = ops.sum(ops.where(own, scores, 0.0), axis=1)
        # -1e30 rather than -inf: an all-masked row stays finite, and its
        # softplus below is exactly 0 with gradient exactly 0.
        others = ops.logsumexp(ops.where(negatives, scores, -1e30), axis=(1, 2))
        positions = ops.cast(ops.shape(scores)[2], "float32")
        count = positions * ops.sum(
            ops.cast(negatives[:, :, 0], "float32"), axis=1
        )
        # log(e^p + e^o) - p = softplus(o - p): no cancellation, and the right
        # gradient where both sides are equal.
        surprise = ops.mean(ops.softplus(others[:, None] - positives), axis=1)
        return ops.log1p(count) - surprise
