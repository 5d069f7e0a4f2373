"""How often a query finds its target among those of its batch."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_cmr")
class InBatchRecall(keras.metrics.Mean):
    """Recall at `k` over the targets of one batch, averaged over queries.

    A progress sign, not a result: it depends on the batch size. Targets with
    the query's label count as hits; ties count against the query.

    Args:
        k: int. How many top-ranked targets may hold a hit. Defaults to `1`.
        name: str. Defaults to `"recall_at_{k}"`.
        **kwargs: Passed to `keras.metrics.Mean`.

    Call arguments:
        y_true: Int tensor of shape `(batch,)`, labels of the targets.
        y_pred: Float tensor of shape `(batch, 2, dim)`, query and target.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    metric = keras_cmr.metrics.InBatchRecall()
    rows = np.eye(3, dtype="float32")
    metric(np.arange(3), np.stack([rows, rows], axis=1))  # 1.0
    ```
    """

    def __init__(self, k=1, name=None, **kwargs):
        if not isinstance(k, int) or k < 1:
            raise ValueError(f"`k` must be a positive int. Received: k={k!r}")
        super().__init__(name=name or f"recall_at_{k}", **kwargs)
        self.k = k

    def update_state(self, y_true, y_pred, sample_weight=None):
        query, target = (ops.cast(y_pred[:, i], "float32") for i in (0, 1))
        scores = ops.matmul(query, ops.transpose(target))
        hit = y_true[:, None] == y_true[None, :]
        best = ops.max(
            ops.where(hit, scores, float("-inf")), axis=1, keepdims=True
        )
        above = ops.logical_and(scores >= best, ops.logical_not(hit))
        ranks = 1 + ops.sum(ops.cast(above, "int32"), axis=1)
        return super().update_state(
            ops.cast(ranks <= self.k, "float32"), sample_weight
        )

    def get_config(self):
        return {**super().get_config(), "k": self.k}
