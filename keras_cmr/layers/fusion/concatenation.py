"""Concatenation: the plainest fusion that sees both halves."""

import keras
from keras import layers
from keras import ops

from keras_cmr.layers.fusion.fusion import Fusion


@keras.saving.register_keras_serializable(package="keras_cmr")
class Concatenation(Fusion):
    """A two-layer perceptron on the concatenated embeddings.

    `BN - ReLU - Dense(2 dim) - BN - ReLU - Dropout - Dense(dim)` on
    `[reference; modification]`, `dim` being that of the reference.

    Args:
        dropout: float. Fraction of hidden units dropped in training.
            Defaults to `0.1`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        reference: Float tensor of shape `(batch, dim)`.
        modification: Float tensor of shape `(batch, text_dim)`.
        training: bool. Whether dropout and batch statistics are in use.

    Returns:
        Float tensor of shape `(batch, dim)`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    fusion = keras_cmr.layers.Concatenation()
    query = fusion(np.ones((2, 8)), np.zeros((2, 4)))  # (2, 8)
    ```

    Reference:
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119), baseline "concat"
    """

    def __init__(self, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.dropout = dropout

    def build(self, reference_shape, modification_shape):
        super().build(reference_shape, modification_shape)
        dim = reference_shape[-1]
        policy = self.dtype_policy
        self.mlp = keras.Sequential(
            [
                layers.BatchNormalization(
                    momentum=0.9, epsilon=1e-5, dtype=policy
                ),
                layers.ReLU(dtype=policy),
                layers.Dense(2 * dim, dtype=policy, name="hidden"),
                layers.BatchNormalization(
                    momentum=0.9, epsilon=1e-5, dtype=policy
                ),
                layers.ReLU(dtype=policy),
                layers.Dropout(self.dropout, dtype=policy),
                layers.Dense(dim, dtype=policy, name="output"),
            ],
            name="mlp",
        )
        self.mlp.build((None, dim + modification_shape[-1]))

    def call(self, reference, modification, training=None):
        both = ops.concatenate([reference, modification], axis=-1)
        return self.mlp(both, training=training)

    def get_config(self):
        return {**super().get_config(), "dropout": self.dropout}
