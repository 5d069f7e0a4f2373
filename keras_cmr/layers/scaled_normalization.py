"""One learned length for every embedding of a model."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_cmr")
class ScaledNormalization(keras.layers.Layer):
    """L2-normalises the last axis and multiplies by one learned scale `s`.

    Called on query and target alike, it turns their inner product into
    `s^2 cos`: the inverse temperature of a softmax over scores. A row of
    zeros stays zero.

    Args:
        initial_scale: float. First value of `s`. Defaults to `4.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Float tensor of shape `(..., dim)`.

    Returns:
        Float tensor of the same shape, each row of length `s`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    layer = keras_cmr.layers.ScaledNormalization()
    layer(np.array([[3.0, 4.0]]))  # [[2.4, 3.2]]
    ```

    Reference:
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119)
    """

    def __init__(self, initial_scale=4.0, **kwargs):
        super().__init__(**kwargs)
        if not initial_scale > 0:
            raise ValueError(
                "`initial_scale` must be positive. "
                f"Received: initial_scale={initial_scale}"
            )
        self.initial_scale = float(initial_scale)

    def build(self, input_shape):
        self.scale = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(self.initial_scale),
            name="scale",
        )

    def call(self, inputs):
        # float16 squares overflow from 256 on, so the norm is in float32.
        rows = ops.normalize(ops.cast(inputs, "float32"), axis=-1, order=2)
        scale = ops.cast(self.scale, "float32")
        return ops.cast(rows * scale, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "initial_scale": self.initial_scale}
