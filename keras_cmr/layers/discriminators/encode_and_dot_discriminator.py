import math

import keras
from keras import ops

from keras_cmr.layers.discriminators.discriminator import Discriminator
from keras_cmr.layers.discriminators.residual_projection import (
    ResidualProjection,
)


@keras.saving.register_keras_serializable(package="keras_cmr")
class EncodeAndDotDiscriminator(Discriminator):
    """Projects each side, then takes all inner products in one matmul.

    Each side goes through `Dense - BatchNorm - ReLU - Dense` plus a linear
    shortcut, then LayerNorm; the score is `scale` times the inner product.
    It is the cheap discriminator: its cost per pair is `units`
    multiplications, whatever the depth.

    Two layer-normed vectors of width `units` start with inner products of
    standard deviation `sqrt(units)`, 23 for 512, where a softplus has no
    curvature left. The default `scale` divides by that, so scores start near
    1 and can still reach `sqrt(units)`. `scale=1.0` is the plain inner
    product of Deep InfoMax.

    The BatchNorm needs `training=True` while training. The inner product is
    taken in float32 under every precision policy.

    Args:
        units: int. Width of both projections. Defaults to `512`.
        scale: float. Factor of the inner product. `None` means
            `1 / sqrt(units)`. Defaults to `None`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        query: Float tensor of shape `(batch, query_dim)`.
        target: Float tensor of shape `(batch, target_dim)` or
            `(batch, height, width, target_dim)`.

    Returns:
        Float32 scores of shape `(batch, batch)` or
        `(batch, batch, height, width)`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    discriminator = keras_cmr.layers.EncodeAndDotDiscriminator(units=32)
    query = np.random.normal(size=(4, 16))
    maps = np.random.normal(size=(4, 5, 5, 8))
    scores = discriminator(query, maps)  # (4, 4, 5, 5)
    ```

    Reference:
    - [Hjelm et al., 2019](https://arxiv.org/abs/1808.06670)
    """

    def __init__(self, units=512, scale=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.scale = scale
        self.query_projection = ResidualProjection(
            units, name="query_projection", dtype=self.dtype_policy
        )
        self.target_projection = ResidualProjection(
            units, name="target_projection", dtype=self.dtype_policy
        )

    def build(self, query_shape, target_shape):
        self.validate_shapes(query_shape, target_shape)
        self.query_projection.build(query_shape)
        self.target_projection.build(target_shape)

    def score(self, query, target, training=None):
        query = self.query_projection(query, training=training)
        target = self.target_projection(target, training=training)
        scale = self.scale
        if scale is None:
            scale = 1.0 / math.sqrt(self.units)
        query = ops.cast(query, "float32") * scale
        rows = ops.reshape(ops.cast(target, "float32"), (-1, self.units))
        scores = ops.matmul(query, ops.transpose(rows))
        batch = ops.shape(query)[0]
        return ops.reshape(scores, (batch, *ops.shape(target)[:-1]))

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "scale": self.scale,
        }
