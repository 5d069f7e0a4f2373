"""Sum: the fusion whose only wisdom is that of the encoders."""

import keras
from keras import layers
from keras import ops

from keras_cmr.layers.fusion.fusion import Fusion


@keras.saving.register_keras_serializable(package="keras_cmr")
class Sum(Fusion):
    """The sum of reference and modification.

    `query = reference + modification`, without a weight. Only where the two
    differ in size, a learned linear map (no bias) brings the modification to
    that of the reference.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        reference: Float tensor of shape `(batch, dim)`.
        modification: Float tensor of shape `(batch, text_dim)`.

    Returns:
        Float tensor of shape `(batch, dim)`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    fusion = keras_cmr.layers.Sum()
    query = fusion(np.ones((2, 8)), np.ones((2, 8)))  # twos, (2, 8)
    ```

    Reference:
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119), who compare with it
    """

    has_parts = True

    def build(self, reference_shape, modification_shape):
        super().build(reference_shape, modification_shape)
        self.projection = None
        if reference_shape[-1] != modification_shape[-1]:
            self.projection = layers.Dense(
                reference_shape[-1],
                use_bias=False,
                dtype=self.dtype_policy,
                name="projection",
            )
            self.projection.build(modification_shape)

    def parts(self, reference, modification, training=None):
        if self.projection is not None:
            modification = self.projection(modification)
        return {"image": reference, "text": modification}

    def call(self, reference, modification):
        return ops.add(*self.parts(reference, modification).values())
