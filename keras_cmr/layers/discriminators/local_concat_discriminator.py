import keras
from keras import ops

from keras_cmr.layers.discriminators.concat_discriminator import (
    ConcatDiscriminator,
)


@keras.saving.register_keras_serializable(package="keras_cmr")
class LocalConcatDiscriminator(ConcatDiscriminator):
    """Concat-and-convolve: the query tiled over the map, then 1x1 convolutions.

    `ConcatDiscriminator` at every position of the target's map. Its hidden
    layers run on every pair and position, `batch**2 * height * width` times.
    `num_negatives` bounds that: each query is then scored against its own
    target and that many others only, reached by cyclic shifts spread evenly
    over the batch. The shifts are fixed for a batch size, so the choice is as
    random as the order of the batch: shuffle the data. Unscored pairs have
    the score NaN; `scored_pairs(batch_size)` tells which are scored, and the
    mutual-information layers of this package take it into their mask.

    Args:
        units: int. Width of the hidden layers. Defaults to `512`.
        num_layers: int. Number of hidden layers. Defaults to `2`.
        num_negatives: int. Other targets to score for each query; a smaller
            batch gives what it has. `None` scores all. Defaults to `None`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        query: Float tensor of shape `(batch, query_dim)`.
        target: Float tensor of shape `(batch, height, width, target_dim)`.

    Returns:
        Float32 scores of shape `(batch, batch, height, width)`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    discriminator = keras_cmr.layers.LocalConcatDiscriminator(units=32)
    query = np.random.normal(size=(4, 16))
    maps = np.random.normal(size=(4, 5, 5, 8))
    scores = discriminator(query, maps)  # (4, 4, 5, 5)
    ```

    Reference:
    - [Hjelm et al., 2019](https://arxiv.org/abs/1808.06670)
    """

    target_ranks = (4,)

    def __init__(self, units=512, num_layers=2, num_negatives=None, **kwargs):
        super().__init__(units=units, num_layers=num_layers, **kwargs)
        if num_negatives is not None and num_negatives < 1:
            raise ValueError(
                "`num_negatives` must be a positive integer or `None`. "
                f"Received: num_negatives={num_negatives}"
            )
        self.num_negatives = num_negatives

    def score(self, query, target, training=None):
        query = self.query_dense(query)[:, None, None, None]
        target = self.target_dense(target)
        if self.num_negatives is None:
            return self.head(query, target[None])
        batch = ops.shape(target)[0]
        columns = self._columns(batch)
        scores = self.head(query, ops.take(target, columns, axis=0))
        chosen = ops.equal(columns[:, :, None], ops.arange(batch))
        scattered = ops.einsum(
            "ikyx,ikj->ijyx", scores, ops.cast(chosen, scores.dtype)
        )
        scored = ops.any(chosen, axis=1)[:, :, None, None]
        return ops.where(scored, scattered, float("nan"))

    def scored_pairs(self, batch_size):
        if self.num_negatives is None:
            return super().scored_pairs(batch_size)
        columns = self._columns(batch_size)
        return ops.any(
            ops.equal(columns[:, :, None], ops.arange(batch_size)), axis=1
        )

    def _columns(self, batch_size):
        """The targets scored for each query: `(batch, 1 + num_negatives)`."""
        others = batch_size - 1
        steps = ops.cast(ops.arange(others)[: self.num_negatives], "int32")
        count = ops.maximum(ops.shape(steps)[0], 1)
        shifts = 1 + (2 * steps + 1) * others // (2 * count)
        shifts = ops.concatenate([ops.zeros((1,), dtype="int32"), shifts])
        rows = ops.cast(ops.arange(batch_size), "int32")
        return ops.mod(rows[:, None] + shifts[None, :], batch_size)

    def get_config(self):
        return {
            **super().get_config(),
            "num_negatives": self.num_negatives,
        }
