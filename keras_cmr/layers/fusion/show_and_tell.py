"""Show and tell: the image is the first word, the text the rest."""

import keras
from keras import layers
from keras import ops

from keras_cmr.layers.fusion.fusion import Fusion


@keras.saving.register_keras_serializable(package="keras_cmr")
class ShowAndTell(Fusion):
    """An LSTM that reads the image, then the text.

    `query = Dense(dim)(last state of LSTM([Dense(reference),
    Dense(modification)]))`, a sequence of two steps. Show-and-tell-like: the
    comparison of Vo et al. has the LSTM read word after word, here the text
    encoder has done that and the text is one step.

    Args:
        units: int. Width of the LSTM and of what it reads. Defaults to
            `512`.
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

    fusion = keras_cmr.layers.ShowAndTell(units=16)
    query = fusion(np.ones((2, 8)), np.zeros((2, 4)))  # (2, 8)
    ```

    Reference:
    - [Vinyals et al., 2015](https://arxiv.org/abs/1411.4555)
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119), baseline
      "show and tell"
    """

    def __init__(self, units=512, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, reference_shape, modification_shape):
        super().build(reference_shape, modification_shape)
        policy = self.dtype_policy
        self.image = layers.Dense(self.units, dtype=policy, name="image")
        self.text = layers.Dense(self.units, dtype=policy, name="text")
        # As in `LSTMTextEncoder`: the fused kernel has conditions of its own.
        self.lstm = layers.LSTM(
            self.units, use_cudnn=False, dtype=policy, name="lstm"
        )
        self.projection = layers.Dense(
            reference_shape[-1], dtype=policy, name="projection"
        )
        self.image.build(reference_shape)
        self.text.build(modification_shape)
        self.lstm.build((None, 2, self.units))
        self.projection.build((None, self.units))

    def call(self, reference, modification, training=None):
        steps = [self.image(reference), self.text(modification)]
        state = self.lstm(ops.stack(steps, axis=1), training=training)
        return self.projection(state)

    def get_config(self):
        return {**super().get_config(), "units": self.units}
