"""TIRG on the last feature map: the change may depend on the place."""

import keras
from keras import layers
from keras import ops

from keras_cmr.layers.fusion.tirg import TIRG


@keras.saving.register_keras_serializable(package="keras_cmr")
class TIRGLastConv(TIRG):
    """Text-image residual gating on the last convolutional feature map.

    The modification is tiled over the map `(height, width, channels)` and
    concatenated to it; gate and residual are each
    `BN - conv3x3(channels + text_dim) - ReLU - conv3x3(channels)`, mixed as in
    `TIRG`. The result is a map, to be pooled and projected like any image's.

    Args:
        initial_weights: Pair of floats, the first values of `a0` and `a1`.
            Defaults to `(1.0, 10.0)`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        reference: Float tensor of shape `(batch, height, width, channels)`.
        modification: Float tensor of shape `(batch, text_dim)`.
        training: bool. Whether batch statistics are in use.

    Returns:
        Float tensor of shape `(batch, height, width, channels)`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    fusion = keras_cmr.layers.TIRGLastConv()
    query = fusion(np.ones((2, 4, 4, 8)), np.zeros((2, 4)))  # (2, 4, 4, 8)
    ```

    Reference:
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119), variant used for CSS
    """

    uses_feature_map = True

    def build(self, reference_shape, modification_shape):
        self._joint_dim = reference_shape[-1] + modification_shape[-1]
        super().build(reference_shape, modification_shape)

    def branch(self, widths, name):
        # Both branches have one hidden layer here, as wide as their input.
        policy = self.dtype_policy
        return keras.Sequential(
            [
                layers.BatchNormalization(
                    momentum=0.9, epsilon=1e-5, dtype=policy
                ),
                layers.Conv2D(self._joint_dim, 3, padding="same", dtype=policy),
                layers.ReLU(dtype=policy),
                layers.Conv2D(widths[-1], 3, padding="same", dtype=policy),
            ],
            name=name,
        )

    def join(self, reference, modification):
        height, width = ops.shape(reference)[1:3]
        tiled = ops.tile(modification[:, None, None, :], (1, height, width, 1))
        return ops.concatenate([reference, tiled], axis=-1)
