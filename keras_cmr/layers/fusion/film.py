"""FiLM: the text scales and shifts every feature of the image."""

import keras
from keras import layers
from keras import ops

from keras_cmr.layers.fusion.fusion import Fusion


@keras.saving.register_keras_serializable(package="keras_cmr")
class FiLM(Fusion):
    """Feature-wise linear modulation of a vector or a feature map.

    `query = gamma * reference + beta`, with `[gamma - 1; beta]` a `Dense` of
    the modification: one pair a channel, the same at every position. It is
    the modulation alone: the paper puts it after the batch normalisation of a
    residual block and stacks several.

    Args:
        spatial: bool. Whether `reference` is a feature map; sets
            `uses_feature_map`. Defaults to `False`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        reference: Float tensor of shape `(batch, dim)`, or
            `(batch, height, width, channels)` if `spatial`.
        modification: Float tensor of shape `(batch, text_dim)`.

    Returns:
        Float tensor of the shape of `reference`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    fusion = keras_cmr.layers.FiLM(spatial=True)
    query = fusion(np.ones((2, 4, 4, 8)), np.zeros((2, 4)))  # (2, 4, 4, 8)
    ```

    Reference:
    - [Perez et al., 2018](https://arxiv.org/abs/1709.07871)
    """

    has_parts = True

    def __init__(self, spatial=False, **kwargs):
        super().__init__(**kwargs)
        self.spatial = spatial
        self.uses_feature_map = spatial

    def build(self, reference_shape, modification_shape):
        super().build(reference_shape, modification_shape)
        self.generator = layers.Dense(
            2 * reference_shape[-1], dtype=self.dtype_policy, name="generator"
        )
        self.generator.build(modification_shape)

    def parts(self, reference, modification, training=None):
        modulation = self.generator(modification)
        if self.spatial:
            modulation = modulation[:, None, None, :]
        gamma, beta = ops.split(modulation, 2, axis=-1)
        return {"residual": (1.0 + gamma) * reference, "text": beta}

    def call(self, reference, modification):
        parts = self.parts(reference, modification)
        return parts["residual"] + parts["text"]

    def get_config(self):
        return {**super().get_config(), "spatial": self.spatial}
