"""The two baselines that see one half of the query each."""

import keras
from keras import ops

from keras_cmr.layers.fusion.fusion import Fusion


@keras.saving.register_keras_serializable(package="keras_cmr")
class ImageOnly(Fusion):
    """The reference embedding alone: what the modification adds is ignored.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        reference: Float tensor of shape `(batch, dim)`.
        modification: Float tensor of shape `(batch, text_dim)`; not used.

    Returns:
        Float tensor of shape `(batch, dim)`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    fusion = keras_cmr.layers.ImageOnly()
    query = fusion(np.ones((2, 8)), np.zeros((2, 4)))  # ones, (2, 8)
    ```
    """

    has_parts = True

    def parts(self, reference, modification, training=None):
        return {"image": ops.convert_to_tensor(reference)}

    def call(self, reference, modification):
        return self.parts(reference, modification)["image"]


@keras.saving.register_keras_serializable(package="keras_cmr")
class TextOnly(Fusion):
    """The modification embedding alone: the reference image is ignored.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        reference: Float tensor of shape `(batch, dim)`; not used.
        modification: Float tensor of shape `(batch, dim)`: both encoders must
            have one embedding size, since the text stands for the query.

    Returns:
        Float tensor of shape `(batch, dim)`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    fusion = keras_cmr.layers.TextOnly()
    query = fusion(np.zeros((2, 8)), np.ones((2, 8)))  # ones, (2, 8)
    ```
    """

    has_parts = True

    def build(self, reference_shape, modification_shape):
        super().build(reference_shape, modification_shape)
        if reference_shape[-1] != modification_shape[-1]:
            raise ValueError(
                "TextOnly needs `reference` and `modification` of one size. "
                f"Received: shapes {reference_shape} and {modification_shape}. "
                "Give both encoders the same `embedding_dim`."
            )

    def parts(self, reference, modification, training=None):
        return {"text": ops.convert_to_tensor(modification)}

    def call(self, reference, modification):
        return self.parts(reference, modification)["text"]
